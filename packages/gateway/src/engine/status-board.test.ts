import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { SessionStatus } from '@waxwing/events'
import { definitionOf } from '@waxwing/events'
import pino from 'pino'
import type { SessionPatch } from '../store/sessions.ts'
import { createStatusBoard, meanings, type Standing } from './status-board.ts'

function open(t: TestContext, setState: (patch: SessionPatch) => Promise<boolean> = async () => true) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const told: Standing[] = []
  const rows: SessionPatch[] = []
  let lost = 0
  const board = createStatusBoard({
    session: { id: 's', profileId: 'p', name: 'Shop', network: 'sandbox', status: 'created' },
    account: () => ({ me: null, pushName: null }),
    setState: patch => {
      rows.push(patch)
      return setState(patch)
    },
    tell(draft) {
      assert.doesNotThrow(() => definitionOf('session.status').data.parse(draft.data))
      told.push(draft.data as unknown as Standing)
    },
    onLeaseLost: () => lost++,
    log: pino({ level: 'silent' }),
    now: () => new Date(0),
  })
  return { board, told, rows, lost: () => lost, wait: (ms: number) => t.mock.timers.tick(ms) }
}

test('a connection that flickers tells where it settled', t => {
  const { board, told, wait } = open(t)
  for (const status of ['connected', 'reconnecting', 'connected'] as const) board.set({ status })
  wait(300)
  assert.deepEqual(
    told.map(each => each.status),
    ['connected'],
  )
  board.set({ status: 'reconnecting' })
  board.set({ status: 'connected' })
  wait(300)
  assert.equal(told.length, 1, 'it is connected, as was told')
})

test('a hundred attempts to reconnect are one event, each with its row', async t => {
  const { board, told, rows, wait } = open(t)
  for (let attempt = 1; attempt <= 100; attempt++) {
    board.set({ status: 'reconnecting', code: 428, retryAt: new Date(attempt) })
    await board.written()
    wait(1_000)
  }
  assert.equal(told.length, 1)
  assert.equal(rows.length, 100)
})

test('changes that come while the row is written are written together, the newest last', async t => {
  const { board, rows } = open(t)
  board.set({ status: 'connecting' })
  board.set({ status: 'qr' }, { qr: 'code' })
  board.set({ status: 'syncing' }, { qr: null, phone: '+15550100' })
  await board.written()
  assert.deepEqual(
    rows.map(row => row.status),
    ['connecting', 'syncing'],
  )
  assert.deepEqual([rows[1]?.qr, rows[1]?.phone], [null, '+15550100'])
})

test('a row that belongs to somebody else by now means a lost lease', async t => {
  const { board, lost } = open(t, async () => false)
  board.set({ status: 'connected' })
  await board.written()
  assert.equal(lost(), 1)
})

test('every status has a sentence for people, except the one that needs none', () => {
  for (const [status, meaning] of Object.entries(meanings) as [
    SessionStatus,
    { sentence: string | null },
  ][]) {
    if (status === 'connected') assert.equal(meaning.sentence, null)
    else assert.match(meaning.sentence ?? '', /^[A-Z].*\.$/)
  }
})
