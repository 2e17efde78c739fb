/** The short form of `npm run chaos:delivery`, for every test run. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anySeed } from '../chance.ts'
import { strikeRepeatedly } from './campaign.ts'

test('whatever is killed, every event ends delivered or dead, and is sent again only where a death hid the outcome', async t => {
  const seed = anySeed()
  t.diagnostic(`seed ${seed}`)
  const { rounds, verdict } = await strikeRepeatedly({ seed, kills: 2, outages: 1, messagesPerSecond: 6 })
  t.diagnostic(JSON.stringify({ ...verdict, breaches: verdict.breaches.length }))
  assert.deepEqual(
    rounds.map(({ blow }) => blow).toSorted(),
    ['immediate', 'kill', 'kill'],
    `seed ${seed}: every blow was struck`,
  )
  assert.ok(
    rounds.every(round => round.requests > 0),
    `seed ${seed}: every blow came under load`,
  )
  assert.ok(verdict.delivered > 0 && verdict.dead > 0, `seed ${seed}: both ends were reached`)
  assert.deepEqual(
    verdict.breaches.slice(0, 20),
    [],
    `npm run chaos:delivery -- --seed ${seed} --kills 2 --outages 1 --rate 6`,
  )
})
