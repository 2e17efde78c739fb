import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateSecret, signatureHeaders } from '@waxwing/events/signature'
import { diagnose, readRequest } from './diagnose.ts'

const now = 1_800_000_000
const [secret, old] = [generateSecret(), generateSecret()]
const body = '{"id":"0199","type":"messages.received","data":{"body":"Grüße"}}'

async function pasted(a: { body?: string; secrets?: string[]; at?: number } = {}): Promise<string> {
  const headers = await signatureHeaders({
    id: '0199',
    timestamp: a.at ?? now,
    body,
    secrets: a.secrets ?? [secret],
  })
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return ['POST /hook HTTP/1.1', 'Host: example.com', ...lines, '', a.body ?? body].join('\r\n')
}

const states = async (text: string) =>
  (await diagnose(readRequest(text), [secret, old], now)).map(({ state }) => state)
const verdicts = async (text: string) =>
  (await diagnose(readRequest(text), [secret, old], now)).map(({ verdict }) => verdict)

test('a request as it was sent verifies by every scheme, as tools show it', async () => {
  assert.deepEqual(await states(await pasted()), ['ok', 'ok', 'ok'])
  const verbose = (await pasted()).split('\r\n\r\n')
  const curl = `${verbose[0]
    ?.split('\r\n')
    .map(line => `> ${line}`)
    .join('\n')}\n>\n${verbose[1]}`
  assert.deepEqual(await states(curl), ['ok', 'ok', 'ok'])
})

test('the usual mistakes are named', async () => {
  const printed = JSON.stringify(JSON.parse(body), null, 2)
  assert.match((await verdicts(await pasted({ body: printed })))[0] ?? '', /parsed and printed again/)
  assert.match((await verdicts(await pasted({ body: `${body}\n` })))[1] ?? '', /line break at the end/)
  assert.match((await verdicts(await pasted({ body: '' })))[0] ?? '', /body is empty/)
  assert.match((await verdicts(await pasted({ at: now - 3_600 })))[0] ?? '', /60 minutes old/)
  assert.match((await verdicts(await pasted({ secrets: [old] })))[0] ?? '', /previous secret/)
})

test('what does not verify is not explained away', async () => {
  const stranger = await pasted({ secrets: [generateSecret()] })
  assert.deepEqual(await states(stranger), ['wrong', 'wrong', 'wrong'])
  assert.deepEqual(await states(await pasted({ body: body.replace('Grüße', 'Gruesse') })), [
    'wrong',
    'wrong',
    'wrong',
  ])
  assert.deepEqual(await states('content-type: application/json\n\n{}'), ['absent', 'absent', 'absent'])
})
