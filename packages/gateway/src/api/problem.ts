/**
 * Every way this API can say no, in one table: code, status, title, and what the caller can do about it.
 * Answers are RFC 9457 problem documents. A handler refuses by throwing `problem(code, …)`;
 * answer-errors.ts turns that, and everything Fastify itself refuses, into the response.
 */
type ProblemRow = { status: number; title: string; action: string }

export const problems = {
  malformed_json: {
    status: 400,
    title: 'The body is not valid JSON.',
    action: 'Send one JSON value, UTF-8 encoded, without `__proto__` or `constructor.prototype` keys.',
  },
  malformed_request: {
    status: 400,
    title: 'The request is not well-formed HTTP.',
    action: 'Check the URL encoding, the headers and Content-Length.',
  },
  api_key_missing: {
    status: 401,
    title: 'This route needs an API key.',
    action: 'Send `Authorization: Bearer wx_…` or `X-Api-Key: wx_…`, or sign in.',
  },
  api_key_invalid: {
    status: 401,
    title: 'This API key is not valid.',
    action: 'Check for a missing character or an expired key. Keys begin with `wx_`.',
  },
  token_invalid: {
    status: 401,
    title: 'This access token is not valid.',
    action: 'Get a new one from Supabase Auth.',
  },
  sign_in_ended: {
    status: 401,
    title: 'This sign-in has ended.',
    action: 'Sign in again.',
  },
  sign_in_refused: {
    status: 401,
    title: 'Address and password do not belong together.',
    action: 'Check both; "npx waxwing sign-in" prints a link for who has forgotten the password.',
  },
  sign_in_link_invalid: {
    status: 401,
    title: 'This link does not work any more.',
    action: 'A link works once, and not for long: "npx waxwing sign-in" prints another.',
  },
  cross_site_request: {
    status: 403,
    title: 'This request does not come from a page of this gateway.',
    action: 'Behind a proxy, keep the Host header or set PUBLIC_URL; from a program, use an API key.',
  },
  person_required: {
    status: 403,
    title: 'Only somebody who is signed in may do this.',
    action: 'Sign in and use the cookie; an API key is not a person.',
  },
  operator_required: {
    status: 403,
    title: 'Only the key of the installation may do this.',
    action: 'Use the key of API_KEY, or of the file `api-key`: "npx waxwing sign-in" does.',
  },
  owner_required: {
    status: 403,
    title: 'Only the owner of this installation may do this.',
    action: 'Ask the owner.',
  },
  insufficient_scope: {
    status: 403,
    title: 'This API key may not do this.',
    action: 'Use a key with the scope in `required_scope`; POST /api/v1/api-keys makes one.',
  },
  route_not_found: {
    status: 404,
    title: 'There is no such route.',
    action: 'See /openapi.json for the routes; the version belongs in the path: /api/v1/….',
  },
  session_not_found: {
    status: 404,
    title: 'There is no such session.',
    action: 'List yours with GET /api/v1/sessions.',
  },
  webhook_not_found: {
    status: 404,
    title: 'There is no such webhook.',
    action: 'List yours with GET /api/v1/webhooks.',
  },
  event_not_found: {
    status: 404,
    title: 'There is no such event.',
    action: 'List what is kept with GET /api/v1/events; old events leave with retention.',
  },
  event_type_not_found: {
    status: 404,
    title: 'The catalog has no such event type.',
    action: 'See GET /api/v1/events/catalog.',
  },
  delivery_not_found: {
    status: 404,
    title: 'There is no such delivery.',
    action: 'List what is kept with GET /api/v1/deliveries; old deliveries leave with retention.',
  },
  replay_not_found: {
    status: 404,
    title: 'There is no such replay.',
    action: 'List yours with GET /api/v1/replays.',
  },
  api_key_not_found: {
    status: 404,
    title: 'There is no such API key.',
    action: 'List yours with GET /api/v1/api-keys.',
  },
  account_not_found: {
    status: 404,
    title: 'There is no such account.',
    action: 'The owner lists them with GET /api/v1/auth/members.',
  },
  sign_in_not_found: {
    status: 404,
    title: 'There is no such sign-in.',
    action: 'List yours with GET /api/v1/auth/sign-ins.',
  },
  contact_not_found: {
    status: 404,
    title: 'There is no such simulated contact.',
    action: 'List them with GET /api/v1/sandbox/contacts.',
  },
  group_not_found: {
    status: 404,
    title: 'There is no such simulated group.',
    action: 'List them with GET /api/v1/sandbox/groups; a restart forgets them.',
  },
  call_not_found: {
    status: 404,
    title: 'There is no such simulated call.',
    action: 'It is over, or was never made here.',
  },
  media_link_invalid: {
    status: 403,
    title: 'This link to a file is not valid.',
    action: 'Use `media.url` of an event as it is, with everything behind the question mark.',
  },
  media_not_found: {
    status: 404,
    title: 'This file is not here any more.',
    action: 'Files go when their time is over, or with their session; fetch them when the event comes.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This route has no such method.',
    action: 'Use one of those in the `Allow` header.',
  },
  request_timeout: {
    status: 408,
    title: 'The request did not arrive in time.',
    action: 'Send the whole request within a minute.',
  },
  qr_not_available: {
    status: 409,
    title: 'This session has no QR code now.',
    action: 'POST /connect and ask again when its status is `qr`; `session_status` says what it is now.',
  },
  session_not_connected: {
    status: 409,
    title: 'This session is not connected.',
    action: 'POST /connect and wait until its status is `connected`.',
  },
  session_already_linked: {
    status: 409,
    title: 'This session is already linked to a phone.',
    action: 'POST /logout first to link another phone.',
  },
  session_not_linked: {
    status: 409,
    title: 'This session is not linked to a phone.',
    action: 'POST /sessions/:id/connect, then POST /sandbox/sessions/:id/link.',
  },
  sandbox_refused: {
    status: 409,
    title: 'The simulated network refuses this.',
    action: 'The detail says why.',
  },
  network_unavailable: {
    status: 409,
    title: 'This gateway does not run that network.',
    action: 'Start it with SANDBOX=true for sandbox sessions, or use `whatsapp`.',
  },
  idempotent_request_running: {
    status: 409,
    title: 'A request with this Idempotency-Key is being carried out.',
    action: 'Wait a moment and repeat it: the answer will be that of the first.',
  },
  delivery_in_flight: {
    status: 409,
    title: 'This delivery is being attempted right now.',
    action: 'Wait for its outcome (GET the delivery) before sending it again.',
  },
  delivery_finished: {
    status: 409,
    title: 'This delivery waits for nothing any more.',
    action: 'It was delivered, has failed for good, or was cancelled before; GET the delivery says which.',
  },
  webhook_disabled: {
    status: 409,
    title: 'This webhook is disabled.',
    action: 'Enable it (POST /webhooks/:id/enable), then repeat this.',
  },
  replay_ended: {
    status: 409,
    title: 'This replay has ended.',
    action: 'Start another one: POST /api/v1/deliveries/replay.',
  },
  email_taken: {
    status: 409,
    title: 'Another account has this address.',
    action: 'Use another address.',
  },
  media_link_expired: {
    status: 410,
    title: 'This link to a file has expired.',
    action: 'Fetch files when their event comes; `media.expiresAt` says until when it works.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large.',
    action: 'A body may have MAX_PAYLOAD_BYTES, 1 MiB unless the operator said otherwise.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body is not JSON.',
    action: 'Send `Content-Type: application/json`.',
  },
  file_not_fetched: {
    status: 422,
    title: 'The file to send could not be fetched.',
    action: 'Check that the address answers with the file itself, or send it as `base64`.',
  },
  range_not_satisfiable: {
    status: 416,
    title: 'The file has no such bytes.',
    action: 'Ask for bytes within the size in `Content-Range`, or for the whole file.',
  },
  validation_failed: {
    status: 422,
    title: 'The request does not fit this route.',
    action: 'See `errors`: one entry a fault; nothing was changed.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'This Idempotency-Key belongs to another request.',
    action: 'Use a new key for each request; the same one only to repeat a request unchanged.',
  },
  message_type_not_supported: {
    status: 422,
    title: 'This type of message cannot be sent yet.',
    action: 'Use one of `supported_types`.',
  },
  invalid_recipient: {
    status: 422,
    title: 'The recipient is not a phone number or a WhatsApp id.',
    action: 'Use a number with its country code (15550100), or a jid as it stands in events.',
  },
  not_on_whatsapp: {
    status: 422,
    title: 'The recipient is not on WhatsApp.',
    action: 'Check the number and its country code.',
  },
  too_many_sign_ins: {
    status: 429,
    title: 'Too many tries to sign in.',
    action: 'Wait as long as `Retry-After` says, or use a link: "npx waxwing sign-in" prints one.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large.',
    action: 'The request line and all headers together may have 16 KiB.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests.',
    action:
      'Wait as long as `Retry-After` says. GET /live tells what happens without asking again and again.',
  },
  too_many_streams: {
    status: 429,
    title: 'There are too many live streams.',
    action: 'Close one. A single stream can carry everything that a page needs.',
  },
  internal_error: {
    status: 500,
    title: 'This is a fault of the gateway.',
    action: 'The log has the reason under `request_id`. Repeating may help.',
  },
  whatsapp_refused: {
    status: 502,
    title: 'WhatsApp refused this.',
    action: 'The detail says what WhatsApp answered.',
  },
  engine_unavailable: {
    status: 503,
    title: 'No engine is running for this session.',
    action: 'Start a process with the engine role, or repeat in a few seconds.',
  },
  identity_unavailable: {
    status: 503,
    title: 'The keys that tokens are checked with cannot be read.',
    action: 'Repeat in a few seconds; "npx waxwing doctor" tells whether SUPABASE_URL answers.',
  },
  store_unavailable: {
    status: 503,
    title: 'The database does not answer.',
    action: 'Repeat in a few seconds; GET /health/ready tells when it is back.',
  },
  timeout: {
    status: 504,
    title: 'The engine did not answer in time.',
    action: 'It may still have happened: look at the session before repeating.',
  },
} as const satisfies Record<string, ProblemRow>

export type ProblemCode = keyof typeof problems

/** One fault. `pointer` is a JSON Pointer into the body ("" the whole, "/headers/X-A"), or `?name` for a query parameter. */
export type FieldError = { pointer: string; detail: string }

/** Members that some problems carry beside the standard ones, so that a program need not read the sentence. */
export type ProblemExtras = {
  errors?: FieldError[]
  session_status?: string
  required_scope?: string
  supported_types?: readonly string[]
}

/** A refusal on its way to the caller. The only exception of this room that is not a bug. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly extras: ProblemExtras
  constructor(code: ProblemCode, detail: string, extras: ProblemExtras) {
    super(detail)
    this.code = code
    this.extras = extras
  }
}

/** `throw problem('session_not_found')`. Without a detail the table's advice is the detail. */
export function problem(code: ProblemCode, detail?: string, extras: ProblemExtras = {}): Problem {
  return new Problem(code, detail ?? problems[code].action, extras)
}

/** The row, or the refusal that names it: `found(await store.webhooks.get(…), 'webhook_not_found')`. */
export function found<T>(row: T | null, missing: ProblemCode): T {
  if (row === null) throw problem(missing)
  return row
}

/** All faults of one request at once; nobody likes to be corrected one field a round trip. */
export function invalid(errors: FieldError[]): Problem {
  const [first] = errors
  const where = first?.pointer ? `${first.pointer}: ` : ''
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return problem('validation_failed', `${where}${first?.detail ?? 'The request is not valid.'}${more}`, {
    errors,
  })
}

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code)
}

/** The document itself (RFC 9457). `type` is a name, not a page: it never changes for a code. */
export function problemDocument(p: Problem, requestId: string) {
  const { status, title } = problems[p.code]
  return {
    type: `urn:waxwing:problem:${p.code}`,
    title,
    status,
    detail: p.message,
    code: p.code,
    request_id: requestId,
    ...p.extras,
  }
}
