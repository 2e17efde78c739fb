import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { verifySignature } from '@waxwing/events'
import { type Receiver, startReceiver } from '../delivery/test-receiver.ts'
import { spawnWaxwing, waxwing } from './run-waxwing.ts'

/** The verbs that talk to a running gateway: here one with the simulated network, on embedded defaults. */
const folder = mkdtempSync(join(tmpdir(), 'waxwing-verbs-'))
// As root the embedded server runs as another user, who has to get in.
chmodSync(folder, 0o755)
let running: ReturnType<typeof spawnWaxwing>
let url: string
let key: string
let env: Record<string, string>
let receiver: Receiver
let webhook: { id: string; secret: string }

before(async () => {
  running = spawnWaxwing(['start'], { DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'warn' })
  running.child.stderr.resume()
  url = /^Waxwing is ready: (http:\S+)\/#sign-in=/.exec(await running.firstLine())?.[1] ?? ''
  key = readFileSync(join(folder, 'api-key'), 'utf8').trim()
  // As in the shell beside the gateway: the key comes from the folder, and the port from the environment.
  env = { DATA_DIR: folder, PORT: new URL(url).port }
  receiver = await startReceiver((_, __, response) => response.writeHead(204).end())
  webhook = await api('POST', '/webhooks', {
    webhook_url: receiver.url,
    subscribed_events: ['session.*', 'qrcode.*'],
  })
})
after(async () => {
  running.child.kill('SIGTERM')
  await running.end()
  await receiver.stop()
  rmSync(folder, { recursive: true })
})

test('trigger sends a sample, signed, to the webhooks that subscribe to its type', async () => {
  const { code, stdout, stderr } = await waxwing(['trigger', 'qrcode.updated'], env)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /\/hook {2}delivered, 204 in \d+ ms\n$/)
  const one = receiver.received.at(-1)
  assert.equal(one?.headers['x-event-type'], 'qrcode.updated')

  const unheard = await waxwing(['trigger', 'messages.received'], env)
  assert.equal(unheard.code, 1)
  assert.match(
    unheard.stderr,
    /^waxwing trigger: no enabled webhook subscribes to messages\.received\.\n.*--webhook/,
  )
  const chosen = await waxwing(['trigger', 'messages.received', '--webhook', webhook.id, '--json'], env)
  assert.deepEqual([chosen.code, chosen.records[0]?.status], [0, 204])
  const unknown = await waxwing(['trigger', 'messages.recieved'], env)
  assert.equal(unknown.code, 1)
  assert.match(unknown.stderr, /the catalog has no "messages\.recieved"/)
})

test('listen forwards what happens from now on to a local server, signed as told', async () => {
  const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
  const local = await startReceiver((_, __, response) => response.writeHead(200).end())
  const listening = spawnWaxwing(
    ['listen', '--forward-to', local.url, '--events', 'session.*,qrcode.*', '--secret', secret, '--json'],
    env,
  )
  assert.deepEqual(JSON.parse(await listening.firstLine()), { ready: true, url: local.url, secret })
  await somethingHappens()
  await until(async () => local.received.length > 0)
  listening.child.kill('SIGINT')
  const { code, records, stderr } = await listening.end()
  assert.equal(code, 0, stderr)
  const [one] = local.received
  assert.ok(one)
  const verdict = await verifySignature({ secret, headers: one.headers, body: one.body.toString() })
  assert.equal(verdict.ok, true)
  const { data } = await api('GET', `/events/${one.headers['webhook-id']}`).then(event => ({
    data: event.payload,
  }))
  assert.equal(one.body.toString(), JSON.stringify(data), 'the bytes that webhooks get')
  assert.deepEqual(
    records.slice(1).map(record => [record.event_id, record.status]),
    local.received.map(received => [received.headers['webhook-id'], 200]),
  )
  await local.stop()
})

test('replay --wait sends what happened while the webhook was disabled, and ends with it', async () => {
  await api('POST', `/webhooks/${webhook.id}/disable`)
  const { data: known } = await api('GET', '/events?limit=1')
  await somethingHappens()
  await until(async () => (await api('GET', '/events?limit=1')).data[0]?.id !== known[0]?.id)
  const refused = await waxwing(['replay', '--webhook', webhook.id, '--since', '1h'], env)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^waxwing replay: This webhook is disabled\.\n.*enable/)
  await api('POST', `/webhooks/${webhook.id}/enable`)
  const missed = (await api('GET', '/events?limit=1')).data[0].id

  const { code, records, stderr } = await waxwing(
    ['replay', '--webhook', webhook.id, '--since', '1h', '--status', 'missing', '--wait', '--json'],
    env,
  )
  assert.equal(code, 0, stderr)
  assert.equal(records.at(0)?.status, 'running')
  assert.equal(records.at(-1)?.status, 'finished')
  assert.ok(Number(records.at(-1)?.replayed) > 0)
  await until(async () => receiver.received.some(one => one.headers['webhook-id'] === missed))
})

test('secret rotate prints the new secret, and both sign during the overlap', async () => {
  const args = ['secret', 'rotate', '--webhook', webhook.id, '--overlap', '1h', '--json']
  const { code, records, stderr } = await waxwing(args, env)
  assert.equal(code, 0, stderr)
  const rotated = String(records[0]?.secret)
  assert.notEqual(rotated, webhook.secret)
  await waxwing(['trigger', 'qrcode.updated'], env)
  const one = receiver.received.at(-1)
  assert.ok(one)
  for (const secret of [rotated, webhook.secret]) {
    const verdict = await verifySignature({ secret, headers: one.headers, body: one.body.toString() })
    assert.equal(verdict.ok, true)
  }
  const refused = await waxwing(['secret', 'rotate', '--webhook', webhook.id, '--overlap', '2h'], env)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^waxwing secret rotate: --overlap: .+\.\nNothing was changed\./)
})

test('what the gateway refuses is told in the words of the flags', async () => {
  const refusal = async (...args: string[]) => {
    const { code, stderr } = await waxwing(args, env)
    assert.equal(code, 1)
    assert.doesNotMatch(stderr, /\/(webhook_id|since|status|force|event_type|rate)\b/, 'no field of the API')
    return stderr
  }
  const nope = await refusal('replay', '--webhook', 'nope', '--since', '1h')
  assert.match(nope, /^waxwing replay: --webhook: .+\.\nNothing was changed\. --help/)
  const unknown = crypto.randomUUID()
  for (const verb of [
    ['replay', '--since', '1h'],
    ['trigger', 'call'],
    ['secret', 'rotate'],
  ]) {
    const stderr = await refusal(...verb, '--webhook', unknown)
    assert.match(stderr, /: --webhook: There is no such webhook\.\n/)
  }
  const ours = ['replay', '--webhook', webhook.id]
  const two = await refusal(...ours, '--since', 'yesterday', '--rate', '9000')
  assert.match(two, /^waxwing replay: --since: .+\n--rate: .+\n/)
  const forced = await refusal(...ours, '--since', '1h', '--status', 'delivered')
  assert.match(forced, /^waxwing replay: --force: .* with --force\.\n/)
  const turned = await refusal(...ours, '--since', '1h', '--until', '2h')
  assert.match(turned, /^waxwing replay: --since: It must lie before --until\.\n/)
})

test('without a gateway, a key or the right one, a verb says so and what to do', async () => {
  const args = ['replay', '--webhook', webhook.id, '--since', '1h']
  const nobody = await waxwing([...args, '--url', 'http://127.0.0.1:9'], env)
  assert.equal(nobody.code, 1)
  assert.match(nobody.stderr, /no gateway answers at http:\/\/127\.0\.0\.1:9\.\n.*npx waxwing start/)
  const keyless = await waxwing(args, { ...env, DATA_DIR: join(folder, 'elsewhere') })
  assert.equal(keyless.code, 1)
  assert.match(keyless.stderr, /there is no API key/)
  const wrong = await waxwing(['trigger', 'call', '--key', 'wx_wrong', '--json'], env)
  assert.equal(wrong.code, 1)
  assert.equal(wrong.records[0]?.problem, 'This API key is not valid.')
})

test('listen goes on when its receiver was away, and when the gateway was', async () => {
  const gone = await startReceiver((_, __, response) => response.writeHead(200).end())
  await gone.stop()
  const listening = spawnWaxwing(['listen', '--forward-to', gone.url, '--events', 'session.*', '--json'], env)
  const { ready, secret } = JSON.parse(await listening.firstLine())
  assert.equal(ready, true)
  const said: Record<string, unknown>[] = []
  listening.lines.on('line', line => said.push(JSON.parse(line)))
  await somethingHappens()
  await until(async () => said.some(line => line.error_class === 'refused'))

  const local = await startReceiver((_, __, response) => response.writeHead(200).end(), {
    port: Number(new URL(gone.url).port),
  })
  await somethingHappens()
  await until(async () => local.received.length > 0)

  running.child.kill('SIGTERM')
  await running.end()
  running = spawnWaxwing(['start'], { ...env, LOG_LEVEL: 'warn' })
  running.child.stderr.resume()
  assert.match(await running.firstLine(), /^Waxwing is ready/)
  const before = local.received.length
  await somethingHappens()
  await until(async () => local.received.length > before)
  listening.child.kill('SIGINT')
  const { code, stderr } = await listening.end()
  assert.equal(code, 0, stderr)
  const ids = local.received.map(one => one.headers['webhook-id'])
  assert.equal(new Set(ids).size, ids.length, 'none twice')
  for (const { headers, body } of local.received)
    assert.equal((await verifySignature({ secret, headers, body: body.toString() })).ok, true)
  await local.stop()
})

/** A session of the simulated network that wants to be linked shows a QR code, and that is news. */
async function somethingHappens(): Promise<void> {
  const { id } = await api('POST', '/sessions', { name: 'Shop', network: 'sandbox' })
  await api('POST', `/sessions/${id}/connect`)
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into the answers by name
async function api(method: string, path: string, body?: object): Promise<any> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { 'x-api-key': key, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  })
  assert.ok(response.ok, `${method} ${path} -> ${response.status}`)
  return response.json()
}

/** Ends when it holds; fails after a minute, which no test here should come near. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1_200; i++) {
    if (await condition()) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  assert.fail('gave up waiting')
}
