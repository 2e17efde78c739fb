/** One fault of one header, `name` as the user wrote it; null: of all of them together. */
export type HeaderProblem = { name: string | null; detail: string }

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
  // The same for every request they would join unrelated traces, and stand beside ours when there is one.
  'traceparent',
  'tracestate',
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
  const count = Object.keys(headers).length
  if (count > maxHeaders)
    problems.push({ name: null, detail: `has ${count} headers; at most ${maxHeaders} are sent` })
  if (total > maxTotalLength)
    problems.push({ name: null, detail: `has ${total} bytes in all; at most ${maxTotalLength} are sent` })
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
 * What may be sent of headers that were stored earlier, perhaps under other rules: the faulty ones, and those beyond a
 * limit, are left out rather than a delivery failed. The answer is kept for as long as the same object is used, and
 * `onLeftOut` hears what is missing from it once.
 */
export function sendableHeaders(
  headers: Readonly<Record<string, string>>,
  onLeftOut: (problems: HeaderProblem[]) => void = () => undefined,
): Readonly<Record<string, string>> {
  const known = sendable.get(headers)
  if (known !== undefined) return known
  const faulty = checkUserHeaders(headers).filter(({ name }) => name !== null)
  const names = new Set(faulty.map(({ name }) => name))
  const sound = Object.entries(headers).filter(([name]) => !names.has(name))
  const { kept, beyond } = withinLimits(sound)
  const leftOut = [...faulty, ...beyond]
  if (leftOut.length > 0) onLeftOut(leftOut)
  sendable.set(headers, kept)
  return kept
}
const sendable = new WeakMap<object, Readonly<Record<string, string>>>()

/** The first of them, in their order: one that does not fit leaves room for the shorter ones after it. */
function withinLimits(headers: [name: string, value: string][]) {
  const kept: [name: string, value: string][] = []
  const beyond: HeaderProblem[] = []
  let total = 0
  for (const [name, value] of headers) {
    const length = name.length + value.length
    if (kept.length >= maxHeaders) beyond.push({ name, detail: `is beyond the first ${maxHeaders} headers` })
    else if (total + length > maxTotalLength)
      beyond.push({ name, detail: `would make them more than ${maxTotalLength} bytes` })
    else {
      kept.push([name, value])
      total += length
    }
  }
  return { kept: Object.fromEntries(kept), beyond }
}
