/** The short form of `npm run chaos`, for every test run; the figures in the documentation come from the long form. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killRepeatedly } from './campaign.ts'
import { anySeed } from './chance.ts'

test('a gateway killed at any moment loses nothing and tells nothing twice', async t => {
  const seed = anySeed()
  t.diagnostic(`seed ${seed}`)
  const campaign = await killRepeatedly({ seed, kills: 4, messages: 60 })
  assert.equal(campaign.runs.length, 4)
  for (const run of campaign.runs) {
    const expected = Object.values(run.verdict.expected).reduce((total, number) => total + number, 0)
    assert.equal(expected, run.stanzas, `seed ${seed}: all of the script was played`)
    assert.ok(
      run.stanzas > 60 && run.clearedAtDeath >= run.killAfter,
      `seed ${seed}: the kill came when it should`,
    )
  }
  assert.ok(campaign.sealed.msg && campaign.sealed.pkmsg, `seed ${seed}: both kinds of ciphertext were sent`)
  assert.deepEqual(campaign.breaches, [], `npm run chaos -- --seed ${seed} --kills 4 --messages 60`)
})
