/** The trace of a message, as an operator's SDK sees it: from WhatsApp to the receiver, through a kill. */
import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { SpanKind } from '@opentelemetry/api'
import { eventually, type Journey, type JourneySettings, startJourney } from './journey.ts'
import type { WrittenSpan } from './tracing-sdk.ts'

const sdk = join(import.meta.dirname, 'tracing-sdk.ts')

async function traced(
  t: TestContext,
  settings: JourneySettings,
): Promise<Journey & { spans(): Promise<WrittenSpan[]> }> {
  const file = join(tmpdir(), `waxwing-spans-${process.pid}-${Date.now()}.jsonl`)
  const journey = await startJourney({
    ...settings,
    env: { NODE_OPTIONS: `--import=${sdk}`, SPANS_FILE: file },
  })
  t.after(async () => {
    await journey.end()
    await rm(file, { force: true })
  })
  const spans = async () =>
    (await readFile(file, 'utf8'))
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as WrittenSpan)
  return Object.assign(journey, { spans })
}

test('a message is one trace from its capture to its requests, and a retry after kill -9 continues it', async t => {
  const journey = await traced(t, {
    webhook: { retry_config: { max_attempts: 3, backoff_ms: 5_000 }, headers: { 'X-Tenant': 'five' } },
  })
  const contact = journey.whatsapp.contact({ number: '15550123', name: 'Contact' })
  const { receiver } = journey
  receiver.answer = (_, index) => (index === 0 ? 503 : 200)
  await contact.say(journey.phone, 'a word between us')
  await eventually('the first attempt is on record', async () => {
    const { body } = await journey.gateway.api('GET', '/deliveries')
    return body.data[0]?.attempts === 1
  })
  await journey.restart('kill')
  await receiver.until(requests => requests.length >= 2)
  const [first, second] = receiver.requests.filter(({ refusal }) => refusal === null)
  assert.ok(first && second, 'both are signed')
  await journey.gateway.stop()

  const [, traceId] = first.headers.get('traceparent')?.split('-') ?? []
  assert.match(first.headers.get('traceparent') ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  assert.equal(first.headers.get('x-tenant'), 'five')
  const mine = (await journey.spans()).filter(span => span.traceId === traceId)
  const capture = mine.find(span => span.kind === SpanKind.CONSUMER)
  assert.equal(capture?.name, 'process whatsapp')
  assert.equal(capture.parent, null)
  assert.equal(capture.attributes['waxwing.session.id'], journey.sessionId)

  const attempts = mine.filter(span => span.kind === SpanKind.CLIENT)
  assert.deepEqual(
    attempts.map(span => [span.name, span.parent, span.attributes['http.response.status_code'], span.failed]),
    [
      ['POST', capture.spanId, 503, true],
      ['POST', capture.spanId, 200, false],
    ],
  )
  assert.deepEqual(
    [first, second].map(({ headers }) => headers.get('traceparent')),
    attempts.map(span => `00-${traceId}-${span.spanId}-01`),
    'each request carries its own span, once',
  )
  assert.equal(attempts[1]?.attributes['http.request.resend_count'], 1)

  const commits = (await journey.spans()).filter(span => span.links.includes(capture.spanId))
  assert.deepEqual(
    commits.map(span => span.name),
    ['BATCH INSERT events'],
  )

  const everything = JSON.stringify(await journey.spans())
  for (const secret of ['15550100', '15550123', '/hook', 'Contact', 'between us', receiver.secret, 'five'])
    assert.ok(!everything.includes(secret), `${secret} is in a span`)
  assert.match(journey.gateway.log(), new RegExp(`"traceId":"${traceId}"`))
})

test('without an SDK no request carries a traceparent', async t => {
  const journey = await startJourney()
  t.after(() => journey.end())
  const contact = journey.whatsapp.contact({ number: '15550124', name: 'Contact' })
  await contact.say(journey.phone, 'hello')
  await journey.receiver.until(requests => requests.length === 1)
  assert.equal(journey.receiver.requests[0]?.headers.get('traceparent'), null)
})
