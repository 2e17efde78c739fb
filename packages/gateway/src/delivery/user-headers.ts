/** One fault of one header. `name` as the user wrote it. */
export type HeaderProblem = { name: string; detail: string }

/** Ours, and those that belong to a connection rather than to a request (RFC 9110 section 7.6.1). */
const reserved = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'user-agent',
  'host',
  'expect',
  'accept-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'x-event-type',
])
const reservedPrefixes = ['webhook-', 'x-hub-', 'x-delivery-']

/** Most servers refuse a request whose headers pass 8 KiB in all; ours take about 700 bytes of it. */
const maxHeaders = 20
const maxNameLength = 100
const maxValueLength = 2048
const maxTotalLength = 6 * 1024

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Visible ASCII, space and tab: no CR, LF or NUL, and nothing whose bytes a receiver could read two ways. */
const plainValue = /^[\t\x20-\x7e]*$/

/** All faults of the headers a user wants sent with each request; none means they may be sent as they are. */
export function checkUserHeaders(headers: Readonly<Record<string, string>>): HeaderProblem[] {
  const problems: HeaderProblem[] = []
  const seen = new Set<string>()
  let total = 0
  for (const [name, value] of Object.entries(headers)) {
    total += name.length + value.length
    const detail = seen.has(name.toLowerCase()) ? 'appears twice' : faultOf(name, value)
    if (detail !== null) problems.push({ name, detail })
    seen.add(name.toLowerCase())
  }
  if (seen.size > maxHeaders) problems.push({ name: '', detail: `more than ${maxHeaders} headers` })
  if (total > maxTotalLength) problems.push({ name: '', detail: `more than ${maxTotalLength} bytes in all` })
  return problems
}

function faultOf(name: string, value: string): string | null {
  const lower = name.toLowerCase()
  if (!token.test(name)) return 'is not a header name'
  if (name.length > maxNameLength) return `is longer than ${maxNameLength} characters`
  if (reserved.has(lower) || reservedPrefixes.some(prefix => lower.startsWith(prefix)))
    return 'is set by Waxwing or belongs to the connection, and cannot be replaced'
  if (!plainValue.test(value)) return 'has a value with characters other than visible ASCII, spaces and tabs'
  if (value.length > maxValueLength) return `has a value longer than ${maxValueLength} characters`
  return null
}

/**
 * What may be sent of headers that were stored earlier, perhaps under other rules: the faulty ones are left out
 * rather than a delivery failed. The answer is kept for as long as the same object is used.
 */
export function sendableHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const known = sendable.get(headers)
  if (known !== undefined) return known
  const faulty = new Set(checkUserHeaders(headers).map(problem => problem.name))
  const kept = faulty.has('')
    ? {}
    : Object.fromEntries(Object.entries(headers).filter(([name]) => !faulty.has(name)))
  sendable.set(headers, kept)
  return kept
}
const sendable = new WeakMap<object, Readonly<Record<string, string>>>()
