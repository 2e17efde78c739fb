/** Where a request comes from, for counting tries and for telling browsers apart. Never for letting anyone in. */
import type { IncomingHttpHeaders } from 'node:http'
import ipaddr from 'ipaddr.js'

/** The address of the other end; behind a proxy in our own network, the one that the proxy wrote down last. */
export function clientAddress(peer: string, headers: IncomingHttpHeaders): string {
  const near = parse(peer)
  if (near === null) return 'unknown'
  // Who reaches us from the internet says of themselves only what we see.
  if (near.range() === 'unicast') return near.toString()
  const told =
    String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)
      ?.trim() ?? ''
  return (parse(told) ?? near).toString()
}

/** What is counted together: with IPv6 whoever has one address has 2^64 of them. */
export function networkOf(address: string): string {
  const parsed = parse(address)
  if (parsed === null || parsed.kind() === 'ipv4') return address
  return `${parsed.toByteArray().slice(0, 8).join('.')}/64`
}

/** Also unwraps IPv4 in IPv6, as a socket that listens on :: shows it. */
function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  return ipaddr.isValid(text) ? ipaddr.process(text) : null
}
