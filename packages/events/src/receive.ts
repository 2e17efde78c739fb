import { z } from 'zod'
import { isoTime } from './catalog/person.ts'
import { isEventType } from './catalog.ts'
import type { Envelope } from './envelope.ts'
import { type SignatureRefusal, verifySignature } from './signature.ts'

/** What `receive` may be told. */
export type ReceiveOptions = {
  /** How old or new a signature may be; 300 unless given. */
  toleranceSeconds?: number
  /** The time, in unix seconds; the clock's unless given. */
  now?: number
  /** A larger body is refused before all of it is read; 4 MiB unless given. */
  maxBytes?: number
}

/**
 * An event, or a refusal. `status` is what to answer then. It is 202 for a type that this version does not know
 * (`unknown_type`): a newer gateway sent it, and would send it again and again if it were told that it failed.
 */
export type Received =
  | { ok: true; event: Envelope }
  | {
      ok: false
      refusal: SignatureRefusal | 'too_large' | 'not_json' | 'not_an_event' | 'unknown_type'
      /** One sentence for the developer of the receiver. Not meant for the answer. */
      detail: string
      status: number
    }

/**
 * Takes a webhook request and gives the event it carries, verified and typed. `secret` may be several, during a
 * rotation. The envelope is checked; `data` is what a gateway with the secret sent, and fields that a newer gateway
 * added are kept. Nothing here knows what has been seen before: deduplicate on `event.id`. Throws a TypeError for a
 * secret that is missing or empty: that is a fault of the receiver, and no refusal should hide it.
 */
export async function receive(
  request: Request,
  secret: string | readonly string[],
  options: ReceiveOptions = {},
): Promise<Received> {
  const maxBytes = options.maxBytes ?? 4 * 1024 * 1024
  const body = await readBody(request, maxBytes)
  if (body === null) return refuse('too_large', `The body has more than ${maxBytes} bytes.`, 413)
  const verdict = await verifySignature({ ...options, headers: request.headers, body, secret })
  if (!verdict.ok) return refuse(verdict.reason, verdict.detail, 401)
  return readEnvelope(body)
}

function refuse(
  refusal: Extract<Received, { ok: false }>['refusal'],
  detail: string,
  status: number,
): Received {
  return { ok: false, refusal, detail, status }
}

/** The raw bytes, or null when there are too many: anybody can send a body, signed or not. */
async function readBody(request: Request, maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) return null
    chunks.push(chunk)
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}

const envelope = z.object({
  id: z.string().min(1),
  type: z.string(),
  timestamp: isoTime,
  sessionId: z.string().nullable(),
  data: z.looseObject({}),
})

function readEnvelope(body: Uint8Array): Received {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return refuse('not_json', 'The signature fits, but the body is not JSON.', 400)
  }
  const parsed = envelope.safeParse(json)
  if (!parsed.success) {
    return refuse(
      'not_an_event',
      `The signature fits, but this is no event: ${z.prettifyError(parsed.error)}`,
      400,
    )
  }
  if (!isEventType(parsed.data.type)) {
    return refuse('unknown_type', `This version does not know ${JSON.stringify(parsed.data.type)}.`, 202)
  }
  return { ok: true, event: json as Envelope }
}
