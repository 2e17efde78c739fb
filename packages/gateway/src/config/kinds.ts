import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import type { AllowedNetworks } from '../delivery/guard.ts'

/** What a variable's text may be: the words for the reader, and the one function that reads it. */
export type Kind<T> = {
  /** Completes the sentence "Set NAME to …". */
  readonly expects: string
  /** The fault completes the sentence "NAME …" and never repeats the text: the caller decides whether it may be shown. */
  readonly read: (text: string) => { ok: true; value: T } | { ok: false; fault: string }
}

const good = <T>(value: T) => ({ ok: true, value }) as const
const bad = (fault: string) => ({ ok: false, fault }) as const

/** Plain decimal digits only: `1e3`, `0x10` and `10 ` are more likely mistakes than wishes. */
export function wholeNumber(min: number, max: number): Kind<number> {
  return {
    expects: `a whole number from ${min} to ${max}`,
    read(text) {
      if (!/^\d+$/.test(text)) return bad('is not a whole number')
      const value = Number(text)
      if (value < min) return bad(`is less than ${min}`)
      return value > max ? bad(`is more than ${max}`) : good(value)
    },
  }
}

export const yesOrNo: Kind<boolean> = {
  expects: 'true or false',
  read: text =>
    text === 'true' || text === 'false' ? good(text === 'true') : bad('is neither true nor false'),
}

export function oneOf<const T extends string>(choices: readonly T[]): Kind<T> {
  return {
    expects: choices.length === 1 ? `${choices[0]}` : `one of ${choices.join(', ')}`,
    read(text) {
      const choice = choices.find(one => one === text)
      return choice === undefined ? bad(`is not ${choices.join(' or ')}`) : good(choice)
    },
  }
}

/** A comma list without repeats, answered in the order of `choices`. */
export function someOf<const T extends string>(choices: readonly T[]): Kind<readonly T[]> {
  return {
    expects: `a comma list of ${choices.join(', ')}`,
    read(text) {
      const named = commaList(text)
      const strange = named.find(name => !choices.some(choice => choice === name))
      if (strange !== undefined) return bad(`names "${strange}", which is none of ${choices.join(', ')}`)
      return named.length === 0 ? bad('names none') : good(choices.filter(choice => named.includes(choice)))
    },
  }
}

/** An absolute URL of one of the schemes (`https:`), returned as written, without a trailing slash. */
export function address(schemes: readonly string[]): Kind<string> {
  const names = schemes.map(scheme => `${scheme}//`).join(' or ')
  return {
    expects: `a ${names} address`,
    read(text) {
      const url = parseUrl(text)
      if (url === null) return bad('is not an address')
      if (!schemes.includes(url.protocol)) return bad(`does not begin with ${names}`)
      return good(text.replace(/\/+$/, ''))
    },
  }
}

export const postgresAddress: Kind<string> = {
  expects: 'postgres://user:password@host:5432/database',
  read(text) {
    const url = parseUrl(text)
    if (url === null)
      return bad('is not an address (a "/", "?", "#" or "@" inside the password must be percent-encoded)')
    if (!['postgres:', 'postgresql:'].includes(url.protocol)) return bad('does not begin with postgres://')
    // Supabase's port 6543 is the transaction pooler: LISTEN and advisory locks do not survive it.
    if (url.port === '6543' && /\.supabase\.com?$/.test(url.hostname))
      return bad(
        "points at Supabase's transaction pooler; the session pooler (port 5432 of the same host) is needed",
      )
    return good(text)
  },
}

/** Where folders can be made. The kernel's own trees take none, and making one there never ends (Node's `mkdir`). */
export const folder: Kind<string> = {
  expects: 'a folder, or a place where one can be made',
  read: text =>
    /^\/(proc|sys)(\/|$)/.test(resolve(text)) ? bad('lies where the kernel keeps its own') : good(text),
}

/** A name or an address to listen on; whether it exists is known when listening. */
export const listenHost: Kind<string> = {
  expects: 'an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::',
  read: text => (/^[\w.:%-]+$/.test(text) ? good(text) : bad('is not an address or a host name')),
}

/** 32 bytes in base64, as AES-256 needs. */
export const key32: Kind<Buffer> = {
  expects: '32 random bytes in base64 (openssl rand -base64 32)',
  read(text) {
    if (!/^[A-Za-z0-9+/_-]+=*$/.test(text)) return bad('is not base64')
    const bytes = Buffer.from(text, 'base64')
    return bytes.length === 32 ? good(bytes) : bad(`holds ${bytes.length} bytes, not 32`)
  },
}

/** Keys in a connection's name in Postgres have to fit into its 63 bytes (see `processName`): four older ones do. */
const mostOldKeys = 4

/** Keys apart by commas, or in a file by line ends. */
export const keys32: Kind<readonly Buffer[]> = {
  expects: `one to ${mostOldKeys} keys of 32 bytes in base64, with commas between them`,
  read(text) {
    const keys: Buffer[] = []
    for (const part of commaList(text.replaceAll(/\s+/g, ','))) {
      const key = key32.read(part)
      if (!key.ok) return bad(`holds a key that ${key.fault}`)
      keys.push(key.value)
    }
    if (keys.length === 0) return bad('holds none')
    return keys.length > mostOldKeys ? bad(`holds ${keys.length} keys, more than ${mostOldKeys}`) : good(keys)
  },
}

export const hexKey32: Kind<string> = {
  expects: '64 hexadecimal digits',
  read: text =>
    /^[0-9a-fA-F]{64}$/.test(text) ? good(text.toLowerCase()) : bad('is not 64 hexadecimal digits'),
}

/** A key people will send in a header: visible ASCII, and long enough not to be guessed. */
export const bearerKey: Kind<string> = {
  expects: 'at least 24 letters, digits, "_" or "-" (echo wx_$(openssl rand -hex 24))',
  read(text) {
    if (!/^[\w-]+$/.test(text)) return bad('holds something other than letters, digits, "_" and "-"')
    return text.length >= 24 ? good(text) : bad(`has ${text.length} characters, which can be guessed`)
  },
}

/** Where webhooks may go: the guard's own words. */
export const networks: Kind<AllowedNetworks> = {
  expects: 'false, true, or a comma list of networks such as 10.0.0.0/8,fd00::/8',
  read(text) {
    if (text === 'false') return good('public')
    if (text === 'true') return good('any')
    const named = commaList(text)
    const strange = named.find(network => !ipaddr.isValidCIDR(network))
    return strange === undefined ? good(named) : bad(`names "${strange}", which is not a network`)
  },
}

function commaList(text: string): string[] {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}
