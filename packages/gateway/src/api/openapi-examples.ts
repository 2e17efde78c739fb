/** An example for every body in the document, drawn from its schema: a field without a sample of its own is told by its name. */

type Schema = {
  $ref?: string
  type?: string | string[]
  format?: string
  const?: unknown
  default?: unknown
  examples?: unknown[]
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  minimum?: number
}
type Media = { schema?: Schema; example?: unknown; examples?: unknown }
type Body = { content?: Record<string, Media> }
type Document = {
  paths?: Record<string, Record<string, { requestBody?: Body; responses?: Record<string, Body> }>>
  components?: { schemas?: Record<string, Schema> }
}

const id = '019ab0b7-5c00-7d4e-9f00-112233445566'
const moment = '2026-11-24T12:00:00.000Z'
const secret = `whsec_${'c2VjcmV0'.repeat(5)}c2U=`

/** Where one name has several meanings: the first that fits. */
const statuses = ['connected', 'delivered', 'finished', 'ok', 200]

/** What fields of these names look like, wherever they are. */
const samples: Record<string, unknown> = {
  id,
  final: false,
  display_name: 'Ann',
  new_password: 'correct horse battery staple',
  current_password: 'an older horse battery',
  supabase_url: null,
  public_url: 'https://wa.example.com',
  waiting_reason: null,
  force: true,
  retry_config: { max_attempts: 3, backoff_ms: 1_000 },
  type: 'webhook.ping',
  name: 'Shop',
  category: 'messages',
  title: 'Message received',
  description: 'A message came in.',
  since: moment,
  until: '2026-11-24T13:00:00.000Z',
  phone: '+15550100',
  to: '15550101',
  number: '15550101',
  lid: '100000000000001@lid',
  push_name: 'Ann',
  subject: 'Team',
  contacts: ['15550101'],
  members: ['15550101', '15550100'],
  by: '15550101',
  add: ['15550102'],
  remove: ['15550102'],
  promote: ['15550102'],
  demote: ['15550102'],
  from: '15550100',
  group_id: '120363000000000001@g.us',
  text: 'Hello',
  message_id: '3EB0C4A1D2E3F4A5B6C7',
  code: 'ABCD-1234',
  qr: '2@AbCdEfGh,IjKlMnOp,QrStUvWx,Yz0123==',
  webhook_url: 'https://example.com/webhooks',
  url: 'https://example.com/webhooks',
  session_ids: null,
  subscribed_events: ['messages.received', 'session.*'],
  types: ['messages.received'],
  event_type: 'webhook.ping',
  secret,
  key: `wx_${'Zm9vYmFy'.repeat(5)}Zm8`,
  prefix: 'wx_Zm9v',
  scopes: ['read'],
  email: 'ann@example.com',
  password: 'correct horse battery staple',
  token: 'c2lnbi1pbi10b2tlbi1mb3ItZG9jdW1lbnRhdGlvbg',
  address: '203.0.113.7',
  user_agent: 'Mozilla/5.0',
  headers: { 'X-Tenant': 'shop' },
  request_headers: { 'content-type': 'application/json', 'webhook-id': id },
  response_headers: { 'content-type': 'text/plain' },
  response_body: 'ok',
  method: 'POST',
  body: '{"id":"…","type":"webhook.ping","data":{}}',
  response_status: 200,
  error_class: null,
  error_message: null,
  hint: null,
  reason: null,
  version: '1.0.0',
  next_cursor: null,
  has_more: false,
  expires_at: '2030-01-01T00:00:00.000Z',
  delivered_at: moment,
  next_attempt_at: null,
  max_attempts: 3,
  backoff_ms: 1_000,
  rate: 50,
  rate_limit: null,
  progress: 1,
  duration_ms: 87,
  payload: { id, type: 'webhook.ping', timestamp: moment, sessionId: null, data: { message: 'Hello' } },
  data: { message: 'Hello' },
  settings: {},
  samples: { ping: { message: 'Hello' } },
  json_schema: { type: 'object' },
  typescript: "import type { Envelope } from '@waxwing/events'",
}

/** What is told as text only. */
const texts: Record<string, string> = {
  'text/event-stream': `retry: 2000\n\nid: ${id}\nevent: event\ndata: {"id":"${id}","type":"webhook.ping","session_id":null}\n\n`,
  'text/plain':
    '# HELP waxwing_build_info Always 1.\n# TYPE waxwing_build_info gauge\nwaxwing_build_info{version="1.0.0"} 1\n',
}

/** The document with an `example` beside every schema of a request, and of an answer that is no refusal. */
export function withExamples<T extends object>(document: T): T {
  const { paths = {}, components } = document as Document
  const schemas = components?.schemas ?? {}
  for (const methods of Object.values(paths))
    for (const { requestBody, responses = {} } of Object.values(methods)) {
      const answers = Object.entries(responses).filter(([status]) => status < '400')
      for (const body of [requestBody, ...answers.map(([, answer]) => answer)]) addExample(body, schemas)
    }
  return document
}

function addExample(body: Body | undefined, schemas: Record<string, Schema>): void {
  const { 'application/json': json, ...others } = body?.content ?? {}
  if (json?.schema) json.example ??= exampleOf(json.schema, schemas)
  else for (const [type, media] of Object.entries(others)) media.example ??= texts[type]
}

function exampleOf(schema: Schema, schemas: Record<string, Schema>, name = ''): unknown {
  const { $ref, anyOf, oneOf, allOf } = schema
  if ($ref) return exampleOf(schemas[$ref.split('/').at(-1) ?? ''] ?? {}, schemas, name)
  if (allOf?.[0]) return exampleOf(allOf[0], schemas, name)
  if (schema.examples?.length) return schema.examples[0]
  const sample = (name === 'status' ? statuses : [samples[name]]).find(each => fits(each, schema))
  if (sample !== undefined) return sample
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  if (schema.default !== undefined && schema.default !== null) return schema.default
  const choice = (anyOf ?? oneOf)?.find(each => each.type !== 'null')
  if (choice) return exampleOf(choice, schemas, name)
  return byType(schema, schemas, name)
}

function byType(schema: Schema, schemas: Record<string, Schema>, name: string): unknown {
  const type = [schema.type].flat().find(each => each !== 'null')
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, value]) => [key, exampleOf(value, schemas, key)]),
      )
    case 'array':
      return schema.items ? [exampleOf(schema.items, schemas, name.replace(/s$/, ''))] : []
    case 'string':
      return (
        byFormat[schema.format ?? ''] ?? (name.endsWith('_id') ? id : name.replaceAll('_', ' ') || 'text')
      )
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1)
    case 'boolean':
      return true
    default:
      return {}
  }
}

const byFormat: Record<string, unknown> = {
  uuid: id,
  'date-time': moment,
  email: samples.email,
  uri: samples.url,
}

/** Whether a sample may stand where this schema is: the same name means other things in other places. */
function fits(sample: unknown, schema: Schema): boolean {
  if (sample === undefined) return false
  const { type, format, enum: words, const: word, properties, required = [] } = schema
  const either = schema.anyOf ?? schema.oneOf
  if (either) return either.some(each => fits(sample, each))
  if (words) return words.includes(sample)
  if (word !== undefined) return word === sample
  if (properties) {
    const keys = Object.keys(Object(sample))
    return keys.every(key => key in properties) && required.every(key => keys.includes(key))
  }
  const kind = sample === null ? 'null' : Array.isArray(sample) ? 'array' : typeof sample
  const types = [type].flat()
  if (format === 'uuid') return sample === id
  if (format === 'date-time') return typeof sample === 'string' && !Number.isNaN(Date.parse(sample))
  return types.includes(kind) || (kind === 'number' && types.includes('integer'))
}
