import './process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connected, link, openRig } from './test-rig.ts'

test('the name somebody chose is news once, across restarts, and again when it changes', async t => {
  const rig = await openRig(t)
  const first = await rig.engine()
  const { phone, session } = await link(rig, first, '15550100')
  const ann = rig.whatsapp.contact({ number: '15550101', name: 'Ann' })
  const group = rig.whatsapp.group({ subject: 'Choir', members: [ann, phone] })
  const say = async (work: Promise<{ id: string }>) => {
    const { id } = await work
    await rig.published.wait('messages.received', draft => draft.data.messageId === id)
  }
  const names = () => rig.published.of('contacts.update').map(({ data }) => [data.phone, data.pushName])
  await say(ann.say(phone, 'one'))
  await say(ann.say(phone, 'two'))
  await say(ann.sayIn(group, 'three'))
  assert.deepEqual(names(), [['+15550101', 'Ann']])
  await first.stop()
  await rig.engine({ id: 'engine-2' })
  await connected(rig, session.id, 2)
  await say(ann.say(phone, 'four'))
  assert.equal(names().length, 1)
  rig.whatsapp.contact({ number: '15550101', name: 'Ann B.' })
  await say(ann.sayIn(group, 'five'))
  assert.deepEqual(names(), [
    ['+15550101', 'Ann'],
    ['+15550101', 'Ann B.'],
  ])
})
