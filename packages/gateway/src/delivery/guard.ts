import { lookup as systemLookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { type AddressKind, createAddressRule } from './address.ts'

/** Where webhooks may go besides the public internet: nowhere, anywhere, or the named CIDRs. */
export type AllowedNetworks = 'public' | 'any' | readonly string[]

export type GuardReason = 'not_a_url' | 'scheme' | 'credentials' | 'port' | 'address'
/** `detail` is a sentence for the person who configured the URL. */
export type GuardVerdict = { ok: true } | { ok: false; reason: GuardReason; detail: string }

/** The one gate to other people's networks: deliveries, the Test button and replays all pass it. */
export type Guard = {
  /** Judges the URL as written. A name is judged again, by what it resolves to, in `lookup`. */
  checkUrl(url: string): GuardVerdict
  /**
   * For `net.connect`: resolves, refuses if any address is refused, and hands over only what was judged, so
   * a name that answers differently the next time gains nothing. Node does not call it for IP literals,
   * which is why `checkUrl` must come before every connection.
   */
  lookup: LookupFunction
}

/** Why the guard's `lookup` failed; told from DNS failures by its code. */
export class BlockedAddress extends Error {
  readonly code = 'WAXWING_BLOCKED_ADDRESS'
}

type ResolvedAddress = { address: string; family: number }
export type Resolve = (hostname: string) => Promise<ResolvedAddress[]>

/**
 * `resolve` is the system's resolver (hosts file, search domains and container names included) unless a test
 * brings its own. `ports`, when given, are the only ones webhooks may use.
 */
export function createGuard({
  allow,
  allowLoopback,
  ports,
  resolve = hostname => systemLookup(hostname, { all: true }),
}: {
  allow: AllowedNetworks
  allowLoopback: boolean
  ports?: readonly number[]
  resolve?: Resolve
}): Guard {
  const rule = createAddressRule({ allow, allowLoopback })
  const resolveOnce = coalesced(resolve)

  async function vetted(hostname: string): Promise<ResolvedAddress[]> {
    const addresses = await resolveOnce(hostname)
    for (const { address } of addresses) {
      const refused = rule.refusal(address)
      if (refused !== null)
        throw new BlockedAddress(`${hostname} resolves to ${address}: ${sentence[refused]}`)
    }
    return addresses
  }

  return {
    checkUrl(text) {
      const url = URL.parse(text)
      if (url === null)
        return no('not_a_url', 'This is not a complete URL, such as https://example.com/hook.')
      if (url.protocol !== 'https:' && url.protocol !== 'http:')
        return no('scheme', `Webhooks go to https:// or http:// addresses, not to ${url.protocol}`)
      if (url.username !== '' || url.password !== '')
        return no('credentials', 'Put credentials into a header: in a URL they end up in logs.')
      if (ports !== undefined && !ports.includes(portOf(url)))
        return no('port', `Port ${portOf(url)} is not one webhooks may use here (${ports.join(', ')}).`)
      const refused = refusalOfHost(url.hostname)
      return refused === null ? { ok: true } : no('address', `${url.hostname}: ${sentence[refused]}`)
    },
    lookup(hostname, options, callback) {
      vetted(hostname).then(
        addresses => {
          const wanted = addresses.filter(({ family }) => !options.family || family === options.family)
          const first = wanted[0]
          if (first === undefined) callback(notFound(hostname), '', 0)
          else if (options.all) callback(null, wanted)
          else callback(null, first.address, first.family)
        },
        (error: NodeJS.ErrnoException) => callback(error, '', 0),
      )
    },
  }

  /** `hostname` as URL parsing leaves it: literals of every notation are plain by now. */
  function refusalOfHost(hostname: string): AddressKind | null {
    const host = hostname.replace(/^\[|\]$/g, '')
    if (/(^|\.)localhost\.?$/.test(host)) return rule.refusal('127.0.0.1')
    return rule.refusal(host)
  }
}

/** One lookup of a name at a time: the system resolver has four threads, and one dead name may not take them all. */
function coalesced(resolve: Resolve): Resolve {
  const underway = new Map<string, Promise<ResolvedAddress[]>>()
  return hostname => {
    const known = underway.get(hostname)
    if (known !== undefined) return known
    const answer = resolve(hostname).finally(() => underway.delete(hostname))
    underway.set(hostname, answer)
    return answer
  }
}

function no(reason: GuardReason, detail: string): GuardVerdict {
  return { ok: false, reason, detail }
}

function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no address of the wanted family`), { code: 'ENOTFOUND' })
}

const opening = 'whoever runs this gateway can allow it with WEBHOOK_ALLOW_PRIVATE_NETWORKS.'
const sentence: Record<AddressKind, string> = {
  loopback: `that is this machine itself; ${opening}`,
  private: `that is a private network; ${opening}`,
  metadata: 'that is where clouds hand out credentials to their machines; only naming its CIDR allows it.',
  special: `that address is not on the public internet; ${opening}`,
}
