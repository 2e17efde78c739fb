import ipaddr from 'ipaddr.js'
import type { AllowedNetworks } from './guard.ts'

/** Why an address is not simply public. */
export type AddressKind = 'loopback' | 'private' | 'metadata' | 'special'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Network = [Address, number]

/**
 * Where clouds serve credentials to their own machines. Azure's is a public address by its range, and "allow
 * private networks" does not mean these: only their own CIDR opens them.
 */
const metadataServices = [
  '169.254.169.254/32',
  '169.254.170.2/32', // ECS task credentials
  '169.254.170.23/32', // EKS pod identity
  'fd00:ec2::23/128',
  'fd00:ec2::254/128',
  '100.100.100.200/32', // Alibaba
  '168.63.129.16/32', // Azure
].map(parseNetwork)

/** What IANA hands out to the public internet; everything else of IPv6 is special, whatever it is called. */
const globalUnicast = parseNetwork('2000::/3')

const privateRanges = ['private', 'uniqueLocal', 'carrierGradeNat', 'linkLocal', 'deprecatedSiteLocal']

/** `refusal` is null for an address that may be called, and for a name: a name has no address yet. */
export function createAddressRule(a: { allow: AllowedNetworks; allowLoopback: boolean }): {
  refusal(address: string): AddressKind | null
} {
  const named = typeof a.allow === 'string' ? [] : a.allow.map(parseNetwork)
  const opened = (kind: AddressKind) =>
    (a.allow === 'any' && kind !== 'metadata') || (a.allowLoopback && kind === 'loopback')
  return {
    refusal(text) {
      if (!ipaddr.isValid(text)) return null
      const address = ipaddr.parse(text)
      const kind = kindOf(address)
      if (kind === null || opened(kind) || named.some(network => contains(network, address))) return null
      return kind
    },
  }
}

/** Null: an ordinary public address. Tunnels and translations (NAT64, 6to4, Teredo, mapped) are special. */
function kindOf(address: Address): AddressKind | null {
  if (metadataServices.some(network => contains(network, address))) return 'metadata'
  const range = address.range()
  if (range === 'loopback') return 'loopback'
  if (privateRanges.includes(range)) return 'private'
  if (range !== 'unicast') return 'special'
  return address.kind() === 'ipv6' && !contains(globalUnicast, address) ? 'special' : null
}

/** `ipaddr.match` throws for the other family; to us that is simply outside. */
function contains([network, bits]: Network, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits)
}

function parseNetwork(cidr: string): Network {
  return ipaddr.parseCIDR(cidr)
}
