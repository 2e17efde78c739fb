import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import pg from 'pg'
import { furnish, onEveryServer, type TestBench } from './test-stores.ts'

onEveryServer('polls', fresh => {
  let bench: TestBench
  beforeEach(async () => {
    bench = await fresh()
  })
  afterEach(() => bench.close())

  async function withPoll() {
    const store = await bench.open()
    const { sessionId } = await furnish(store)
    const poll = { messageId: 'P1', chat: 'c@g.us', poll: '{"question":"Which?","secret":"c2VjcmV0"}' }
    await store.polls.remember(sessionId, poll)
    return { polls: store.polls, sessionId, poll }
  }
  const voter = { jid: '15550101@s.whatsapp.net' }

  test('a poll is found as it was made first, in its own session alone', async () => {
    const { polls, sessionId, poll } = await withPoll()
    await polls.remember(sessionId, { ...poll, poll: '{}' })
    assert.equal(await polls.find(sessionId, 'P1'), poll.poll)
    assert.equal(await polls.find(sessionId, 'P2'), null)
    assert.equal(await polls.find('00000000-0000-7000-8000-000000000000', 'P1'), null)
  })

  test('its words and its secret cannot be read in the database', async () => {
    await withPoll()
    const sql = new pg.Client({ connectionString: bench.databaseUrl })
    await sql.connect()
    const { rows } = await sql.query<{ poll: Buffer }>('select poll from polls')
    await sql.end()
    assert.equal(rows.length, 1)
    assert.doesNotMatch(rows[0]?.poll.toString('latin1') ?? '', /Which|c2VjcmV0/)
  })

  test('the newest vote of everybody is kept, in whatever order votes come', async () => {
    const { polls, sessionId } = await withPoll()
    const vote = (who: string, at: number, ...options: string[]) =>
      polls.vote(sessionId, 'P1', who, { at, options, voter })
    await vote('ann', 2_000_000_000_001, 'Red')
    await vote('ben', 2_000_000_000_002, 'Red')
    await vote('ann', 2_000_000_000_003, 'Blue')
    const votes = await vote('ann', 2_000_000_000_002, 'Green')
    const chosen = Object.fromEntries(Object.entries(votes).map(([who, { options }]) => [who, options]))
    assert.deepEqual(chosen, { ann: ['Blue'], ben: ['Red'] })
    assert.deepEqual(await polls.vote(sessionId, 'P2', 'ann', { at: 1, options: [], voter }), {})
  })
})
