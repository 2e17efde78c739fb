/** The refusals of somebody who tries too often, with the header that says for how long. */
import type { FastifyReply } from 'fastify'
import { type Problem, problem } from '../problem.ts'
import { PasswordsBusy } from './password.ts'

export function tooMany(reply: FastifyReply, waitS: number): Problem {
  reply.header('Retry-After', waitS)
  const minutes = Math.ceil(waitS / 60)
  const soon = minutes === 1 ? 'in a minute' : `in ${minutes} minutes`
  return problem('too_many_sign_ins', `Try again ${soon}, or use a link: "npx waxwing sign-in" prints one.`)
}

/** Passwords are checked one at a time: with many waiting, the next is told to come again in some seconds. */
export async function inTurn<T>(reply: FastifyReply, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof PasswordsBusy) throw tooMany(reply, 10)
    throw error
  }
}
