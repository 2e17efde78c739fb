/** Passwords: slow to guess, and never more than one at a time, for checking one takes 32 MiB and a thread. */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

/** One of the equal choices of OWASP's password storage sheet for scrypt: the one with the least memory. */
const cost = { logN: 15, r: 8, p: 3 }
const keyBytes = 32
/** Who waits longer than this many others is better told to come again. */
const mostWaiting = 20

/** Too many passwords wait to be checked. */
export class PasswordsBusy extends Error {
  override name = 'PasswordsBusy'
}

/** `$scrypt$ln=15,r=8,p=3$salt$key`, base64. Throws PasswordsBusy. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, cost)
  const parameters = `ln=${cost.logN},r=${cost.r},p=${cost.p}`
  return `$scrypt$${parameters}$${salt.toString('base64')}$${key.toString('base64')}`
}

/**
 * Whether this is the password of the hash. Null stands for nobody: it takes the same time and is never right.
 * Throws PasswordsBusy.
 */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const parsed = parse(hash ?? nobody)
  if (parsed === null) throw new Error('a password hash in the database is damaged')
  const key = await derive(password, parsed.salt, parsed.cost)
  return timingSafeEqual(key, parsed.key) && hash !== null
}

const nobody = `$scrypt$ln=15,r=8,p=3$${randomBytes(16).toString('base64')}$${randomBytes(keyBytes).toString('base64')}`

function parse(hash: string) {
  const [, logN, r, p, salt, key] = /^\$scrypt\$ln=(\d\d),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(hash) ?? []
  if (salt === undefined || key === undefined) return null
  return {
    cost: { logN: Number(logN), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    key: Buffer.from(key, 'base64'),
  }
}

let waiting = 0
let last: Promise<unknown> = Promise.resolve()

function derive(password: string, salt: Buffer, { logN, r, p }: typeof cost): Promise<Buffer> {
  if (waiting >= mostWaiting) return Promise.reject(new PasswordsBusy())
  waiting += 1
  const N = 2 ** logN
  // The same letters may be typed in several ways (NFKC); twice what the numbers come to is allowed.
  const work = () => scryptOf(password.normalize('NFKC'), salt, { N, r, p, maxmem: 2 * 128 * N * r })
  const mine = last.then(work).finally(() => {
    waiting -= 1
  })
  last = mine.catch(() => undefined)
  return mine
}

function scryptOf(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
