import './process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import { connected, link, openRig, type Rig } from './test-rig.ts'

const question = { question: 'Which colour?', options: ['Red', 'Blue', 'Green'] }

async function tallyOf(rig: Rig, pollId: string, voterCount: number, selected: string[]) {
  const { data } = await rig.published.wait(
    'poll.results',
    draft =>
      draft.data.messageId === pollId &&
      draft.data.voterCount === voterCount &&
      draft.data.selected.join() === selected.join(),
  )
  assert.doesNotThrow(() => definitionOf('poll.results').data.parse(data))
  return data.options.map(({ name, voters }) => [name, ...voters.map(voter => voter.phone)])
}

for (const creator of ['pn', 'lid'] as const)
  for (const voter of ['pn', 'lid'] as const)
    test(`a vote sealed by the ${creator.toUpperCase()} of who asks and the ${voter.toUpperCase()} of who votes is counted`, async t => {
      const rig = await openRig(t)
      const { phone } = await link(rig, await rig.engine(), '15550100')
      const ann = rig.whatsapp.contact({ number: '15550101' })
      const { id } = await ann.createPoll(phone, question)
      await ann.vote(phone, id, ['Blue'], { creator, voter })
      assert.deepEqual(await tallyOf(rig, id, 1, ['Blue']), [['Red'], ['Blue', '+15550101'], ['Green']])
    })

test('in a group everybody’s newest vote counts, a vote taken back counts no more, and nobody counts twice', async t => {
  const rig = await openRig(t)
  const { phone } = await link(rig, await rig.engine(), '15550100')
  const [ann, ben] = [
    rig.whatsapp.contact({ number: '15550101' }),
    rig.whatsapp.contact({ number: '15550102' }),
  ]
  const group = rig.whatsapp.group({ subject: 'Choir', members: [ann, ben, phone] })
  const { id } = await phone.createPoll(group, { ...question, selectableCount: 2 })
  await ann.vote(group, id, ['Red'])
  await tallyOf(rig, id, 1, ['Red'])
  await ben.vote(group, id, ['Red', 'Green'])
  assert.deepEqual(await tallyOf(rig, id, 2, ['Red', 'Green']), [
    ['Red', '+15550101', '+15550102'],
    ['Blue'],
    ['Green', '+15550102'],
  ])
  await ann.vote(group, id, ['Blue'])
  assert.deepEqual(await tallyOf(rig, id, 2, ['Blue']), [
    ['Red', '+15550102'],
    ['Blue', '+15550101'],
    ['Green', '+15550102'],
  ])
  await ben.vote(group, id, [])
  assert.deepEqual(await tallyOf(rig, id, 1, []), [['Red'], ['Blue', '+15550101'], ['Green']])
  await phone.vote(group, id, ['Green'])
  assert.deepEqual(await tallyOf(rig, id, 2, ['Green']), [
    ['Red'],
    ['Blue', '+15550101'],
    ['Green', '+15550100'],
  ])
  const { data } = await rig.published.wait('poll.results')
  assert.deepEqual([data.from, data.fromMe, data.isGroup, data.selectableCount], [group.jid, true, true, 2])
})

test('votes are counted on after a restart, those among them that were cast meanwhile', async t => {
  const rig = await openRig(t)
  const first = await rig.engine()
  const { phone, session } = await link(rig, first, '15550100')
  const [ann, ben] = [
    rig.whatsapp.contact({ number: '15550101' }),
    rig.whatsapp.contact({ number: '15550102' }),
  ]
  const group = rig.whatsapp.group({ subject: 'Choir', members: [ann, ben, phone] })
  const { id } = await ann.createPoll(group, question)
  await ann.vote(group, id, ['Red'])
  await tallyOf(rig, id, 1, ['Red'])
  await first.stop()
  await ben.vote(group, id, ['Blue'])
  await rig.engine({ id: 'engine-2' })
  await connected(rig, session.id, 2)
  assert.deepEqual(await tallyOf(rig, id, 2, ['Blue']), [
    ['Red', '+15550101'],
    ['Blue', '+15550102'],
    ['Green'],
  ])
})

test('votes in a poll nobody saw being made, and votes that do not open, are passed over', async t => {
  const rig = await openRig(t)
  const ann = rig.whatsapp.contact({ number: '15550101' })
  const phone = rig.whatsapp.phone({ number: '15550100' })
  const { id: earlier } = await ann.createPoll(phone, question)
  await link(rig, await rig.engine(), '15550100')
  await ann.vote(phone, earlier, ['Red'])
  const { id } = await ann.createPoll(phone, question)
  await ann.sendAny(phone, {
    pollUpdateMessage: {
      pollCreationMessageKey: { remoteJid: phone.jid, fromMe: true, id },
      vote: { encPayload: Buffer.alloc(40), encIv: Buffer.alloc(12) },
      senderTimestampMs: Date.now(),
    },
  })
  await ann.vote(phone, id, ['Green'])
  await tallyOf(rig, id, 1, ['Green'])
  assert.equal(rig.published.of('poll.results').length, 1)
})
