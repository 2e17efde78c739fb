/** Why a request that somebody pasted does or does not verify: each scheme by itself, and the usual mistakes tried out. */
import { type SignatureScheme, verifySignature } from '@waxwing/events/signature'

export type Pasted = { headers: Record<string, string>; body: string }

/** `verdict` is a sentence for the developer of the receiver. */
export type Finding = { scheme: SignatureScheme; state: 'ok' | 'wrong' | 'absent'; verdict: string }

const headersOf: Record<SignatureScheme, readonly string[]> = {
  'standard-webhooks': ['webhook-signature', 'webhook-id', 'webhook-timestamp'],
  'x-hub-signature-256': ['x-hub-signature-256'],
  'x-hub-signature': ['x-hub-signature'],
}
const schemes = Object.keys(headersOf) as SignatureScheme[]

/** A request as tools show it: header lines, an empty line, the body. Marks of curl -v (`> `) and a request line are taken off. */
export function readRequest(text: string): Pasted {
  const lines = text
    .replaceAll('\r\n', '\n')
    .replace(/^\s*\n/, '')
    .split('\n')
  const end = lines.findIndex(line => /^[>\s]*$/.test(line))
  const head = end === -1 ? lines : lines.slice(0, end)
  const pairs = head
    .map(line => /^(?:>\s*)?([\w-]+)\s*:\s*(.*?)\s*$/.exec(line))
    .flatMap(match => (match?.[1] ? [[match[1].toLowerCase(), match[2] ?? ''] as const] : []))
  return { headers: Object.fromEntries(pairs), body: end === -1 ? '' : lines.slice(end + 1).join('\n') }
}

/** `secrets` newest first; the second and later ones are in their overlap. `now` in unix seconds. */
export function diagnose(request: Pasted, secrets: readonly string[], now: number): Promise<Finding[]> {
  return Promise.all(schemes.map(scheme => findingOf(scheme, request, secrets, now)))
}

async function findingOf(
  scheme: SignatureScheme,
  { headers, body }: Pasted,
  secrets: readonly string[],
  now: number,
): Promise<Finding> {
  const own = Object.fromEntries(Object.entries(headers).filter(([name]) => headersOf[scheme].includes(name)))
  const [first = ''] = headersOf[scheme]
  if (own[first] === undefined) return { scheme, state: 'absent', verdict: `There is no ${first} header.` }
  const verification = await verifySignature({ headers: own, body, secret: secrets, now })
  if (verification.ok) return { scheme, state: 'ok', verdict: await whichSecret(own, body, secrets, now) }
  const reason = await mistake(own, body, secrets, now)
  return { scheme, state: 'wrong', verdict: reason ?? verification.detail }
}

async function whichSecret(
  headers: Pasted['headers'],
  body: string,
  secrets: readonly string[],
  now: number,
) {
  const [newest = ''] = secrets
  const { ok } = await verifySignature({ headers, body, secret: newest, now })
  return ok
    ? 'It verifies.'
    : 'It verifies with the previous secret, which is in its overlap: the receiver still has the old one.'
}

/** What is usually done to a body on the way to the code that verifies it. */
const changes: readonly { undo: (body: string) => string | null; sentence: string }[] = [
  {
    undo: body => body.replace(/\n+$/, ''),
    sentence: 'It verifies without the line break at the end of the body, which was added on the way.',
  },
  {
    undo: body => body.trim(),
    sentence: 'It verifies without the white space around the body, which was added on the way.',
  },
  {
    undo: printedAgain,
    sentence:
      'It verifies when the JSON is written as it was sent: the body was parsed and printed again. Verify the raw body, before any parser.',
  },
]

function printedAgain(body: string): string | null {
  try {
    return JSON.stringify(JSON.parse(body))
  } catch {
    return null
  }
}

async function mistake(
  headers: Pasted['headers'],
  body: string,
  secrets: readonly string[],
  now: number,
): Promise<string | null> {
  const at = Number(headers['webhook-timestamp'] ?? now)
  const verifies = async (text: string) =>
    (await verifySignature({ headers, body: text, secret: secrets, now: at })).ok
  if (await verifies(body)) {
    const minutes = Math.round(Math.abs(now - at) / 60)
    return `The signature is right, but it is ${minutes} minutes ${at < now ? 'old' : 'in the future'}: a receiver refuses it after 5. For an old request that is as it should be; else check the clocks.`
  }
  for (const { undo, sentence } of changes) {
    const changed = undo(body)
    if (changed !== null && changed !== body && (await verifies(changed))) return sentence
  }
  if (body === '') return 'The body is empty. Paste it too, after an empty line.'
  return null
}
