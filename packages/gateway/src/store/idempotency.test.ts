import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pino from 'pino'
import { openDatabase } from './database.ts'
import type { Begun, IdempotencyClaim } from './idempotency.ts'
import type { Store } from './store.ts'
import { onEveryServer, type TestBench } from './test-stores.ts'

onEveryServer('idempotent requests', bench => {
  let open: TestBench
  let store: Store
  let profileId: string
  before(async () => {
    open = await bench()
    store = await open.open()
    profileId = (await store.profiles.first()).id
  })
  after(() => open.close())

  const answer = { status: 201, contentType: 'application/json', body: '{"secret":"hush"}' }
  const request = (key: string, what = 1) => ({ profileId, key, fingerprint: Buffer.alloc(32, what) })
  const claimOf = (begun: Begun): IdempotencyClaim => {
    assert.ok(begun.kind === 'yours', begun.kind)
    return begun.claim
  }

  async function sql(text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
    const db = openDatabase({
      databaseUrl: open.databaseUrl,
      poolSize: 1,
      log: pino({ level: 'silent' }),
      applicationName: 'test',
    })
    try {
      return await db.query<Record<string, unknown>>({ text, values })
    } finally {
      await db.close()
    }
  }

  test('of many who begin the same request one may carry it out, and the others get its answer', async () => {
    const begun = await Promise.all(
      Array.from({ length: 20 }, () => store.idempotency.begin(request('many'))),
    )
    const yours = begun.filter(({ kind }) => kind === 'yours')
    assert.equal(yours.length, 1)
    assert.equal(begun.filter(({ kind }) => kind === 'at_work').length, 19)
    for (const one of yours) await store.idempotency.keep(claimOf(one), answer)
    assert.deepEqual(await store.idempotency.begin(request('many')), { kind: 'answered', answer })
    assert.deepEqual(await store.idempotency.begin(request('many', 2)), { kind: 'another' })
  })

  test('who took too long and was replaced keeps and releases nothing', async () => {
    const slow = claimOf(await store.idempotency.begin(request('slow')))
    await sql(`update idempotency_keys set claimed_until = now() - interval '1 second' where key = $1`, [
      'slow',
    ])
    const second = claimOf(await store.idempotency.begin(request('slow')))
    await store.idempotency.keep(slow, { ...answer, body: 'of the one who was replaced' })
    await store.idempotency.release(slow)
    assert.deepEqual(await store.idempotency.begin(request('slow')), { kind: 'at_work' })
    await store.idempotency.keep(second, answer)
    assert.deepEqual(await store.idempotency.begin(request('slow')), { kind: 'answered', answer })
  })

  test('an answer lies in the database encrypted', async () => {
    await store.idempotency.keep(claimOf(await store.idempotency.begin(request('sealed'))), answer)
    const [row] = await sql('select answer from idempotency_keys where key = $1', ['sealed'])
    assert.ok(row?.answer instanceof Buffer && !row.answer.includes('hush'))
  })

  test('the upkeep forgets what is older than its day', async () => {
    await store.idempotency.keep(claimOf(await store.idempotency.begin(request('old'))), answer)
    await sql(`update idempotency_keys set expires_at = now() - interval '1 second' where key = $1`, ['old'])
    await open.open() // whose first upkeep is a second away
    const left = () => sql('select key from idempotency_keys where key = $1', ['old'])
    for (let i = 0; i < 300 && (await left()).length > 0; i++) await pause(100)
    assert.deepEqual(await left(), [])
    assert.equal((await store.idempotency.begin(request('many'))).kind, 'answered', 'what is younger stays')
  })
})
