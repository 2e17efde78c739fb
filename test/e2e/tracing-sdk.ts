/**
 * An operator's tracing, as `NODE_OPTIONS=--import` brings it into a gateway: an SDK that writes each finished span as a
 * line of JSON to the file named by SPANS_FILE, and an instrumentation of undici as operators' bundles have it, which adds
 * a `traceparent` of its own to each request it may trace.
 */

import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

/** A finished span, with what the tests look at. */
export type WrittenSpan = {
  name: string
  kind: number
  traceId: string
  spanId: string
  parent: string | null
  links: string[]
  attributes: Record<string, unknown>
  failed: boolean
}

const file = process.env.SPANS_FILE
if (file !== undefined) register(file)

function register(path: string): void {
  const processor = new SimpleSpanProcessor({
    exporter: {
      export(spans, done) {
        for (const span of spans) appendFileSync(path, `${JSON.stringify(written(span))}\n`)
        done({ code: 0 })
      },
      shutdown: async () => {},
    },
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }))
  subscribe('undici:request:create', message => {
    const { request } = message as { request: { addHeader(name: string, value: string): void } }
    const span = trace.getTracer('undici').startSpan('undici')
    const headers: Record<string, string> = {}
    propagation.inject(trace.setSpan(context.active(), span), headers)
    for (const [name, value] of Object.entries(headers)) request.addHeader(name, value)
    span.end()
  })
}

function written(span: ReadableSpan): WrittenSpan {
  const { traceId, spanId } = span.spanContext()
  return {
    name: span.name,
    kind: span.kind,
    traceId,
    spanId,
    parent: span.parentSpanContext?.spanId ?? null,
    links: span.links.map(link => link.context.spanId),
    attributes: span.attributes,
    failed: span.status.code === 2,
  }
}
