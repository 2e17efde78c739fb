/** The cookie of a sign-in: no script reads it, no other site sends it. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { signInMaxAgeMs } from '../../store/sign-ins.ts'

/** Kept by the browser as long as a sign-in can last; the gateway ends it sooner. */
const maxAgeS = signInMaxAgeMs / 1000

export type Cookie = {
  /** The token this browser sent, whatever it is worth; null: none. */
  read(request: FastifyRequest): string | null
  give(reply: FastifyReply, token: string): void
  clear(reply: FastifyReply): void
}

/** `secure`: people reach us over https, so the browser may be told to send it nowhere else. */
export function createCookie(secure: boolean): Cookie {
  // The prefix makes browsers refuse one that a neighbour domain or plain http has planted.
  const name = secure ? '__Host-waxwing' : 'waxwing'
  const attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  const set = (reply: FastifyReply, value: string, lifeS: number) =>
    reply.header('Set-Cookie', `${name}=${value}; ${attributes}; Max-Age=${lifeS}`)
  return {
    read: ({ headers }) => tokenIn(headers.cookie ?? '', name),
    give: (reply, token) => void set(reply, token, maxAgeS),
    clear: reply => void set(reply, '', 0),
  }
}

/** Tokens have a shape; anything else under the name is not ours and need not be looked up. */
function tokenIn(header: string, name: string): string | null {
  for (const pair of header.split(';')) {
    const [key, value] = pair.trim().split('=', 2)
    if (key === name && value !== undefined && /^[\w-]{43}$/.test(value)) return value
  }
  return null
}
