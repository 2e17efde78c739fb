import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLiveQueue, type Dropped, type Kind, type Line } from './live-queue.ts'

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000)
const kinds: readonly Kind[] = ['event', 'delivery', 'session']
const none = (): Dropped => ({ event: 0, delivery: 0, session: 0 })

/** What happens to a queue: lines come, the reader takes, or it begins anew from the database. */
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom(...kinds), size: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 2, arbitrary: fc.constant('take' as const) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
)

test(`every line is taken in its order, or counted after those before it, and little waits (FUZZ_SEED=${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 100 }),
      async (steps, limit) => {
        const queue = createLiveQueue({ limit })
        const offered: Line[] = []
        const taken: Line[] = []
        const counted = none()
        let begunAnew = false
        for (const [n, each] of [...steps, 'take' as const].entries()) {
          if (each === 'restart') {
            queue.restart()
            assert.equal(queue.lostEvents, false)
            // Events that waited are the database's now; of the rest the count goes on.
            begunAnew = true
          } else if (each === 'take') {
            const { lines, dropped } = await queue.next(0)
            const length = lines.reduce((sum, { text }) => sum + text.length, 0)
            assert.ok(length <= limit || lines.length === 1, `${length} of ${limit} waited`)
            taken.push(...lines)
            for (const kind of kinds) counted[kind] += dropped?.[kind] ?? 0
            assert.ok(dropped === null || kinds.some(kind => dropped[kind] > 0), 'a gap of nothing is none')
          } else {
            const line = { kind: each.kind, id: String(n), text: 'x'.repeat(each.size) }
            offered.push(line)
            queue.offer([line])
          }
        }
        const order = taken.map(line => offered.indexOf(line))
        assert.deepEqual(
          order,
          order.toSorted((one, other) => one - other),
        )
        for (const kind of kinds) {
          const all = offered.filter(line => line.kind === kind).length
          const seen = taken.filter(line => line.kind === kind).length + counted[kind]
          if (kind === 'event' && begunAnew) assert.ok(seen <= all)
          else assert.equal(seen, all, kind)
        }
      },
    ),
    { seed, numRuns: 500 },
  )
})

test('who waits is woken by a line and by the end, and not for longer than it wants', async () => {
  const queue = createLiveQueue({ limit: 100 })
  const line: Line = { kind: 'event', id: '1', text: 'x' }
  const waiting = queue.next(60_000)
  queue.offer([line])
  assert.deepEqual(await waiting, { lines: [line], dropped: null })
  assert.deepEqual(await queue.next(1), { lines: [], dropped: null })
  const last = queue.next(60_000)
  queue.close()
  assert.deepEqual(await last, { lines: [], dropped: null })
  queue.offer([line])
  assert.deepEqual(await queue.next(60_000), { lines: [], dropped: null })
})
