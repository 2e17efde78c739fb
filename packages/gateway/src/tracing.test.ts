import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { EventDraft, SealedEvent } from '@waxwing/events/event-id'
import type { Attempt } from './delivery/attempt.ts'
import type { DueDelivery } from './store/deliveries.ts'
import { createTracing, type Tracing } from './tracing.ts'

const url = 'https://token@hooks.example:8443/secret/path?key=hush'
const exporter = new InMemorySpanExporter()
const spans = () => exporter.getFinishedSpans()

beforeEach(() => {
  trace.disable()
  exporter.reset()
})
after(() => trace.disable())

/** Registers an SDK, as an operator does before the gateway starts. */
function traced(options: ConstructorParameters<typeof TracerProvider>[0] = {}): Tracing {
  const spanProcessors = [new SimpleSpanProcessor({ exporter })]
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors, ...options }))
  const tracing = createTracing({ version: '1.2.3' })
  assert.ok(tracing)
  return tracing
}

function draft(traceparent?: string): EventDraft {
  return {
    type: 'webhook.ping',
    at: new Date(0),
    sessionId: null,
    profileId: 'p',
    chat: null,
    naturalKey: null,
    data: {},
    ...(traceparent === undefined ? {} : { traceparent }),
  } as EventDraft
}

const delivery = (facts: Partial<DueDelivery> = {}) =>
  ({ deliveryId: 'd', webhookId: 'w', eventId: 'e', eventType: 'call', attempt: 1, ...facts }) as DueDelivery
const answered = (facts: Partial<Attempt> = {}) => ({ response: null, error: null, ...facts }) as Attempt
const status = (code: number) => ({ status: code, headers: {}, body: '', truncated: false })

test('without an SDK there is no tracing, and with one nothing is left of having asked', () => {
  assert.equal(createTracing({ version: '1.2.3' }), null)
  traced()
  assert.deepEqual(spans(), [])
})

test('drafts of one thing share one trace, and keep it when they are told again', () => {
  const tracing = traced()
  const [one, two] = [draft(), draft()]
  tracing.captured([one, two], new Date())
  assert.match(one.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  assert.equal(two.traceparent, one.traceparent)
  tracing.told([one, two])
  tracing.captured([], new Date())
  assert.equal(spans().length, 1)
  assert.equal(spans()[0]?.kind, SpanKind.CONSUMER)
})

test('what the gateway tells of itself begins a trace of its own', () => {
  const tracing = traced()
  const ours = draft()
  tracing.told([ours])
  const [span] = spans()
  assert.equal(span?.kind, SpanKind.PRODUCER)
  assert.equal(span?.parentSpanContext, undefined)
  assert.equal(ours.traceparent?.split('-')[1], span?.spanContext().traceId)
})

test('a commit is linked once to each capture, however large the batch', async () => {
  const tracing = traced()
  const drafts = Array.from({ length: 300 }, () => draft())
  for (const one of drafts) tracing.told([one])
  exporter.reset()
  const events = [...drafts, ...drafts] as unknown as SealedEvent[]
  assert.equal(await tracing.committing(events, async () => 7), 7)
  const [span] = spans()
  assert.equal(span?.links.length, 128)
  assert.equal(new Set(span?.links.map(link => link.context.spanId)).size, 128)
  assert.equal(span?.attributes['db.operation.batch.size'], 600)
  await assert.rejects(
    tracing.committing(events, async () => {
      throw new RangeError('away')
    }),
    RangeError,
  )
  assert.equal(spans()[1]?.status.code, SpanStatusCode.ERROR)
  assert.equal(spans()[1]?.attributes['error.type'], 'RangeError')
})

test('an attempt continues the stored trace, sends its own span, and shows of the URL only the host', async () => {
  const tracing = traced()
  const ours = draft()
  tracing.told([ours])
  let sent = ''
  const due = delivery({ traceparent: ours.traceparent ?? null, attempt: 3 })
  await tracing.attempting(due, url, async traceparent => {
    sent = traceparent
    return answered({ response: status(503), error: { class: 'http_5xx', message: 'hush' } })
  })
  const span = spans()[1]
  assert.ok(span)
  const [, traceId, parentId] = ours.traceparent?.split('-') ?? []
  assert.equal(span.parentSpanContext?.spanId, parentId)
  assert.equal(sent, `00-${traceId}-${span.spanContext().spanId}-01`)
  assert.deepEqual(span.attributes, {
    'http.request.method': 'POST',
    'http.request.resend_count': 2,
    'http.response.status_code': 503,
    'error.type': '503',
    'url.scheme': 'https',
    'server.address': 'hooks.example',
    'server.port': 8443,
    'waxwing.delivery.id': 'd',
    'waxwing.webhook.id': 'w',
    'waxwing.event.id': 'e',
    'waxwing.event.type': 'call',
  })
})

test('an attempt that found no answer, or was given up, says so', async () => {
  const tracing = traced()
  const silent = answered({ error: { class: 'timeout', message: '' } })
  await tracing.attempting(delivery(), url, async () => silent)
  const abandoned = tracing.attempting(delivery(), url, async () => {
    throw new DOMException('stopped', 'AbortError')
  })
  await assert.rejects(abandoned)
  assert.deepEqual(
    spans().map(span => [span.attributes['error.type'], span.status.code]),
    [
      ['timeout', SpanStatusCode.ERROR],
      ['AbortError', SpanStatusCode.ERROR],
    ],
  )
})

test('a trace that is not sampled still travels, and says that it is not', async () => {
  const tracing = traced({ sampler: new ParentBasedSampler({ root: new AlwaysOffSampler() }) })
  const ours = draft()
  tracing.told([ours])
  let sent = ''
  await tracing.attempting(delivery({ traceparent: ours.traceparent ?? null }), url, async traceparent => {
    sent = traceparent
    return answered()
  })
  assert.match(sent, new RegExp(`^00-${ours.traceparent?.split('-')[1]}-[0-9a-f]{16}-00$`))
  assert.deepEqual(spans(), [])
})

test('a damaged traceparent begins a new trace instead of failing an attempt', async () => {
  const tracing = traced()
  for (const traceparent of [
    '',
    'nonsense',
    `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    `01-${'1'.repeat(32)}`,
  ])
    await tracing.attempting(delivery({ traceparent }), url, async () => answered())
  assert.deepEqual(
    spans().map(span => span.parentSpanContext),
    [undefined, undefined, undefined, undefined],
  )
})
