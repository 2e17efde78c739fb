/**
 * The only file that speaks OpenTelemetry, and of it only the API: whether anybody listens is the operator's choice of an
 * SDK (docs/observability.md). An event is captured, committed and attempted in spans of their own; what joins them is the
 * `traceparent` that is stored with the event, so that a retry hours later, in another process, belongs to the same trace.
 * Spans carry ids, types, counts and hosts: never a path or query of a URL, a header, a body, a name or a number.
 */
import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { EventDraft, SealedEvent } from '@waxwing/events/event-id'
import type { Attempt } from './delivery/attempt.ts'
import type { TraceAttempt } from './dispatcher/attempt-line.ts'
import type { TraceCapture } from './engine/intake.ts'
import type { TraceCommit } from './store/commit.ts'
import type { DueDelivery } from './store/deliveries.ts'

export type Tracing = {
  /** Drafts of what WhatsApp told, and since when it was worked on. Each is given its `traceparent`. */
  captured: TraceCapture
  /** The same for drafts of our own; what was captured is let be. */
  told(drafts: readonly EventDraft[]): void
  committing: TraceCommit
  attempting: TraceAttempt
}

/** The SDK keeps 128 links of a span and counts the others; the same bound spares us their making. */
const maxLinks = 128
/**
 * Under this key of the SDK (the API has none) the instrumentations of libraries are silent. Those of HTTP clients would
 * otherwise send a second `traceparent` with the request.
 */
const suppressed = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** Null when no SDK was registered before this call: then nobody is asked for a span, and nothing is paid for them. */
export function createTracing({ version }: { version: string }): Tracing | null {
  const tracer = trace.getTracer('waxwing', version)
  // Never ended, so never exported. Without an SDK it has no id, nor would any other have one.
  if (!isSpanContextValid(tracer.startSpan('probe', {}, ROOT_CONTEXT).spanContext())) return null
  return {
    captured: (drafts, since) => capture(tracer, drafts, since),
    told: drafts => capture(tracer, drafts, null),
    committing: (events, commit) => within(commitSpan(tracer, events), ROOT_CONTEXT, commit),
    attempting: (delivery, webhookUrl, make) => {
      const parent = contextOf(delivery.traceparent) ?? ROOT_CONTEXT
      const span = attemptSpan(tracer, parent, delivery, webhookUrl)
      return within(span, parent.setValue(suppressed, true), async () => {
        const attempt = await make(traceparentOf(span))
        describeAnswer(span, attempt)
        return attempt
      })
    },
  }
}

/** Does the work with the span as the active one, and ends it. */
async function within<T>(span: Span, parent: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await context.with(trace.setSpan(parent, span), work)
  } catch (error) {
    fail(span, error instanceof Error ? error.name : 'unknown')
    throw error
  } finally {
    span.end()
  }
}

/** One span for all of them: they came of the same thing. What has its trace keeps it, or a retry would begin another. */
function capture(tracer: Tracer, drafts: readonly EventDraft[], since: Date | null): void {
  const news = drafts.filter(draft => draft.traceparent === undefined)
  const [first] = news
  if (first === undefined) return
  const [operation, system] = since === null ? ['create', 'waxwing'] : ['process', 'whatsapp']
  const attributes: Attributes = {
    'messaging.system': system,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.batch.message_count': news.length,
    'waxwing.event.types': [...new Set(news.map(draft => draft.type))],
    'waxwing.session.id': first.sessionId ?? undefined,
  }
  const kind = since === null ? SpanKind.PRODUCER : SpanKind.CONSUMER
  const options = { kind, attributes, startTime: since ?? undefined }
  const span = tracer.startSpan(`${operation} ${system}`, options, ROOT_CONTEXT)
  span.end()
  for (const draft of news) draft.traceparent = traceparentOf(span)
}

/** A batch has events of many traces, so it is in none of them and linked to each. */
function commitSpan(tracer: Tracer, events: readonly SealedEvent[]): Span {
  const traces = new Set(events.flatMap(({ traceparent }) => traceparent ?? []))
  const links = [...traces].slice(0, maxLinks).flatMap(traceparent => {
    const parent = contextOf(traceparent)
    const linked = parent && trace.getSpanContext(parent)
    return linked ? [{ context: linked }] : []
  })
  const attributes = {
    'db.system.name': 'postgresql',
    'db.operation.name': 'BATCH INSERT',
    'db.collection.name': 'events',
    'db.operation.batch.size': events.length,
  }
  return tracer.startSpan('BATCH INSERT events', { kind: SpanKind.CLIENT, links, attributes }, ROOT_CONTEXT)
}

/** By the semantic conventions of HTTP clients, but for `url.full`: paths and queries of webhooks carry tokens. */
function attemptSpan(tracer: Tracer, parent: Context, delivery: DueDelivery, webhookUrl: string): Span {
  const url = URL.parse(webhookUrl)
  const attributes = {
    'http.request.method': 'POST',
    'http.request.resend_count': delivery.attempt > 1 ? delivery.attempt - 1 : undefined,
    'url.scheme': url?.protocol.slice(0, -1),
    'server.address': url?.hostname,
    'server.port': Number(url?.port) || (url?.protocol === 'http:' ? 80 : 443),
    'waxwing.delivery.id': delivery.deliveryId,
    'waxwing.webhook.id': delivery.webhookId,
    'waxwing.event.id': delivery.eventId,
    'waxwing.event.type': delivery.eventType,
  }
  return tracer.startSpan('POST', { kind: SpanKind.CLIENT, attributes }, parent)
}

function describeAnswer(span: Span, { response, error }: Attempt): void {
  if (response !== null) span.setAttribute('http.response.status_code', response.status)
  if (error === null) return
  fail(span, response !== null && response.status >= 400 ? String(response.status) : error.class)
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** W3C Trace Context, version 00. */
function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

function contextOf(traceparent: string | null | undefined): Context | null {
  const [, traceId = '', spanId = '', flags = ''] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? []
  const found = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return isSpanContextValid(found) ? trace.setSpanContext(ROOT_CONTEXT, found) : null
}
