/** What Prometheus sees of a gateway at work. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually, type Journey, startJourney } from './journey.ts'

let journey: Journey
before(async () => {
  journey = await startJourney({ webhook: { retry_config: { max_attempts: 2, backoff_ms: 100 } } })
})
after(() => journey?.end())

/** Scrapes until this series has this value, and gives the page. */
const scrapedWith = (series: string, wanted: (value: number) => boolean) =>
  eventually(`${series} as wanted`, async () => {
    const page = await (await fetch(`${journey.gateway.url}/metrics`)).text()
    const line = page.split('\n').find(one => one.startsWith(`${series} `))
    return line !== undefined && wanted(Number(line.slice(series.length))) && page
  })

test('a message that is delivered and one that dies move the metrics of a running gateway', async () => {
  const at = (value: number) => (found: number) => found === value
  const contact = journey.whatsapp.contact({ number: '15550123', name: 'Contact' })
  await scrapedWith('waxwing_sessions{status="connected"}', at(1))
  await scrapedWith('waxwing_delivery_attempts_total{result="delivered"}', at(0))

  await contact.say(journey.phone, 'hello')
  await scrapedWith('waxwing_delivery_attempts_total{result="delivered"}', at(1))
  await scrapedWith('waxwing_event_to_first_attempt_seconds_count', at(1))

  journey.receiver.answer = () => 500
  await contact.say(journey.phone, 'never')
  await scrapedWith('waxwing_delivery_attempts_total{result="http_5xx"}', at(2))
  await scrapedWith('waxwing_deliveries_died_total', at(1))
  const page = await scrapedWith('waxwing_dead_letters', at(1))

  assert.match(page, /^waxwing_database_up 1$/m)
  assert.match(page, /^process_start_time_seconds \d/m)
  assert.match(
    page,
    new RegExp(`^waxwing_session_frames_gated_total\\{session_id="${journey.sessionId}"\\} \\d`, 'm'),
  )
  for (const secret of ['15550100', '15550123', journey.receiver.url, 'Contact', journey.gateway.apiKey])
    assert.ok(!page.includes(secret), 'ids and numbers, nothing else')
})

test('the figures of a session on the wire are shown by the API', async () => {
  const { status, body } = await journey.gateway.api('GET', `/sessions/${journey.sessionId}/figures`)
  assert.equal(status, 200)
  assert.equal(body.figures.refused, 0)
  assert.equal(body.figures.undecryptable, 0)
  assert.ok(body.figures.gate.longest_ms >= body.figures.gate.average_ms)
  assert.equal(body.inbox_oldest_s, null)
})
