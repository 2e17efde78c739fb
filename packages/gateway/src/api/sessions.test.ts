import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { PNG } from 'pngjs'
import { assertProblem, pointersOf } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(() => api.stop())

async function newSession(body: object = {}): Promise<string> {
  const answer = await api.call('POST /sessions', { body: { name: 'Shop', ...body } })
  assert.equal(answer.status, 201, answer.text)
  return answer.json.id
}

test('a session is created, read, renamed, listed and deleted', async () => {
  const created = await api.call('POST /sessions', {
    body: { name: '  Shop  ', network: 'sandbox', settings: { x: 1 } },
  })
  assert.equal(created.status, 201)
  const { id } = created.json
  assert.equal(created.json.name, 'Shop')
  assert.equal(created.json.network, 'sandbox')
  assert.equal(created.json.status, 'created')
  assert.deepEqual((await api.call(`GET /sessions/${id}`)).json, created.json)
  const renamed = await api.call(`PATCH /sessions/${id}`, { body: { name: 'Store' } })
  assert.equal(renamed.json.name, 'Store')
  assert.deepEqual(renamed.json.settings, { x: 1 })
  assert.ok((await api.call('GET /sessions')).json.data.some((row: { id: string }) => row.id === id))
  assert.equal((await api.call(`DELETE /sessions/${id}`)).status, 204)
  assertProblem(await api.call(`GET /sessions/${id}`), 'session_not_found')
})

test('no field of a session holds a QR or anything that was not asked to be shown', async () => {
  const { json } = await api.call(`GET /sessions/${await newSession()}`)
  assert.deepEqual(Object.keys(json).sort(), [
    'connected_at',
    'created_at',
    'final',
    'id',
    'lid',
    'name',
    'network',
    'phone',
    'push_name',
    'reason',
    'settings',
    'status',
    'updated_at',
  ])
})

test('settings merge, null removes, and the live session is told', async () => {
  const id = await newSession({ settings: { always_online: true, note: 'a' } })
  const changed = await api.call(`PATCH /sessions/${id}`, {
    body: { settings: { note: null, reject_calls: true } },
  })
  assert.deepEqual(changed.json.settings, { always_online: true, reject_calls: true })
  assert.equal(changed.json.applied_at, '2030-01-01T00:00:00.000Z')
  assert.deepEqual(api.heard.at(-1), { name: 'session.apply-settings', args: { sessionId: id } })
  const large = { settings: { text: 'x'.repeat(20_000) } }
  assert.deepEqual(pointersOf(await api.call(`PATCH /sessions/${id}`, { body: large })), ['/settings'])
})

test('lists are read page by page, each row once', async () => {
  for (let made = 0; made < 5; made++) await newSession()
  const all = (await api.call('GET /sessions?limit=250')).json.data.map((row: { id: string }) => row.id)
  const seen: string[] = []
  let cursor: string | null = null
  for (let pages = 0; pages < 100; pages++) {
    const { json } = await api.call(`GET /sessions?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
    seen.push(...json.data.map((row: { id: string }) => row.id))
    cursor = json.pagination.next_cursor
    assert.equal(json.pagination.has_more, cursor !== null)
    if (cursor === null) break
  }
  assert.deepEqual(seen, all)
})

test('connect, logout and restart ask the engine and answer with the status it says', async () => {
  const id = await newSession()
  for (const [verb, status] of [
    ['connect', 'connecting'],
    ['restart', 'connecting'],
    ['logout', 'logged_out'],
  ]) {
    const answer = await api.call(`POST /sessions/${id}/${verb}`)
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.json.status, status)
    assert.deepEqual(api.heard.at(-1), { name: `session.${verb}`, args: { sessionId: id } })
  }
  const empty = await api.call(`POST /sessions/${id}/connect`, {
    raw: '',
    headers: { 'content-type': 'application/json' },
  })
  assert.equal(empty.status, 200)
})

test('a refusal of the engine is a problem of the same name with its detail', async () => {
  const id = await newSession()
  const codes = {
    session_not_connected: 409,
    whatsapp_refused: 502,
    engine_unavailable: 503,
    timeout: 504,
  } as const
  for (const [code, status] of Object.entries(codes)) {
    const refusal = { ok: false as const, code: code as keyof typeof codes, detail: `because ${code}` }
    api.engine({ 'session.restart': async () => refusal })
    const answer = await api.call(`POST /sessions/${id}/restart`)
    assertProblem(answer, code)
    assert.equal(answer.status, status)
    assert.equal(answer.json.detail, `because ${code}`)
  }
})

test('a bug in the engine is a 500 that tells nothing of its inside', async () => {
  api.engine({ 'session.restart': () => Promise.reject(new Error('password is hunter2')) })
  const answer = await api.call(`POST /sessions/${await newSession()}/restart`)
  assertProblem(answer, 'internal_error')
  assert.doesNotMatch(answer.text, /hunter2/)
})

test('a session that was online is closed by the engine before its row goes, and stays when the engine cannot', async () => {
  const id = await newSession()
  await api.sql(`update sessions set status = 'connected' where id = $1`, [id])
  api.engine({
    'session.remove': async () => ({ ok: false, code: 'engine_unavailable', detail: 'none here' }),
  })
  assertProblem(await api.call(`DELETE /sessions/${id}`), 'engine_unavailable')
  assert.equal((await api.call(`GET /sessions/${id}`)).status, 200)
  api.engine({ 'session.remove': async () => ({ ok: true, result: {} }) })
  assert.equal((await api.call(`DELETE /sessions/${id}`)).status, 204)
  assert.deepEqual(api.heard.at(-1), { name: 'session.remove', args: { sessionId: id } })
})

test('without a QR the answer is 409 and names the status', async () => {
  const id = await newSession()
  const none = await api.call(`GET /sessions/${id}/qr`)
  assertProblem(none, 'qr_not_available')
  assert.equal(none.json.session_status, 'created')
  await api.sql(
    `update sessions set status = 'qr', qr = 'old', qr_expires_at = now() - interval '1 s' where id = $1`,
    [id],
  )
  assertProblem(await api.call(`GET /sessions/${id}/qr`), 'qr_not_available')
})

test('a QR comes as JSON, SVG, PNG and text, black on white with a quiet zone of four modules', async () => {
  const id = await newSession()
  const qr = `2@${'Ab1+/'.repeat(40)},${'x'.repeat(44)}`
  await api.sql(
    `update sessions set status = 'qr', qr = $2, qr_expires_at = now() + interval '1 min' where id = $1`,
    [id, qr],
  )

  const json = await api.call(`GET /sessions/${id}/qr`)
  assert.equal(json.json.qr, qr)
  assert.ok(Date.parse(json.json.expires_at) > Date.now())

  const svg = await api.call(`GET /sessions/${id}/qr?format=svg`)
  assert.equal(svg.headers.get('content-type'), 'image/svg+xml')
  assert.match(svg.text, /^<svg [^>]*viewBox/)

  const text = await api.call(`GET /sessions/${id}/qr?format=text`)
  assert.match(text.headers.get('content-type') ?? '', /^text\/plain/)
  const plain = stripVTControlCharacters(text.text).trimEnd().split('\n')
  assert.equal(plain[0]?.trim() ?? '', '', 'two rows of quiet zone are white')
  assert.ok(plain.every(line => line.startsWith('    ')))

  const response = await fetch(`${api.url}/api/v1/sessions/${id}/qr?format=png`, {
    headers: { 'x-api-key': api.alice.key },
  })
  assert.equal(response.headers.get('content-type'), 'image/png')
  const png = PNG.sync.read(Buffer.from(await response.arrayBuffer()))
  const dark = (x: number, y: number) => png.data[(y * png.width + x) * 4] === 0
  assert.ok(png.width === png.height && png.width > 300)
  for (let at = 0; at < png.width; at++)
    for (let edge = 0; edge < 32; edge++) assert.ok(!dark(at, edge) && !dark(edge, at))
  assert.ok(dark(32, 32), 'the finder pattern begins after four modules of eight pixels')

  assert.deepEqual(pointersOf(await api.call(`GET /sessions/${id}/qr?format=gif`)), ['?format'])
})

test('a pairing code is asked for the digits of the number, however they are written', async () => {
  const id = await newSession()
  const answer = await api.call(`POST /sessions/${id}/pairing-code`, { body: { phone: '+1 (555) 010-0000' } })
  assert.deepEqual(answer.json, { code: 'ABCD-1234', expires_at: '2030-01-01T00:00:00.000Z' })
  assert.deepEqual(api.heard.at(-1), {
    name: 'session.pairing-code',
    args: { sessionId: id, phone: '15550100000' },
  })
  for (const phone of ['', 'abc', '0123456789', '1', '1'.repeat(16), 15550100]) {
    assert.deepEqual(pointersOf(await api.call(`POST /sessions/${id}/pairing-code`, { body: { phone } })), [
      '/phone',
    ])
  }
})

test('the sessions of another profile do not exist, for reading, changing or commanding', async () => {
  const id = await newSession()
  const heardBefore = api.heard.length
  const key = api.bob.key
  const attempts = [
    `GET /sessions/${id}`,
    `PATCH /sessions/${id}`,
    `DELETE /sessions/${id}`,
    `POST /sessions/${id}/connect`,
    `POST /sessions/${id}/logout`,
    `POST /sessions/${id}/restart`,
    `GET /sessions/${id}/qr`,
    `POST /sessions/${id}/pairing-code`,
    `POST /sessions/${id}/messages`,
  ] as const
  const bodies: Record<string, object> = {
    [`PATCH /sessions/${id}`]: { name: 'stolen', settings: { a: 1 } },
    [`POST /sessions/${id}/pairing-code`]: { phone: '15550100000' },
    [`POST /sessions/${id}/messages`]: { to: '15550100', text: 'spam' },
  }
  for (const route of attempts)
    assertProblem(await api.call(route, { key, body: bodies[route] }), 'session_not_found')
  assert.deepEqual((await api.call('GET /sessions', { key })).json.data, [])
  assert.equal(api.heard.length, heardBefore)
  assert.equal((await api.call(`GET /sessions/${id}`)).json.name, 'Shop')
})

test('a gateway without a sandbox and without an engine says so and changes nothing', async () => {
  const bare = await startTestApi({ sandbox: false, engine: false })
  try {
    assertProblem(
      await bare.call('POST /sessions', { body: { name: 'a', network: 'sandbox' } }),
      'network_unavailable',
    )
    const { json } = await bare.call('POST /sessions', { body: { name: 'a' } })
    assertProblem(await bare.call(`POST /sessions/${json.id}/connect`), 'engine_unavailable')
    const patched = await bare.call(`PATCH /sessions/${json.id}`, { body: { settings: { a: 1 } } })
    assert.deepEqual([patched.status, patched.json.applied_at, patched.json.settings], [200, null, { a: 1 }])
    assert.equal((await bare.call(`DELETE /sessions/${json.id}`)).status, 204)
  } finally {
    await bare.stop()
  }
})
