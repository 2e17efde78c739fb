import './process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import { link, openRig } from './test-rig.ts'

test('how far a message came is told step by step: by the reader in a personal chat, by each member in a group', async t => {
  const rig = await openRig(t)
  const engine = await rig.engine()
  const { phone, session } = await link(rig, engine, '15550100')
  const [ann, ben] = [
    rig.whatsapp.contact({ number: '15550101' }),
    rig.whatsapp.contact({ number: '15550102' }),
  ]
  const group = rig.whatsapp.group({ subject: 'Choir', members: [ann, ben, phone] })
  const send = async (to: string) => {
    const content = { type: 'text', text: 'hello' } as const
    const answer = await engine.commands.call('message.send', { sessionId: session.id, to, content })
    assert.ok(answer.ok)
    const { messageId } = answer.result
    for (const each of to === ann.jid ? [ann] : [ann, ben])
      await each.waitForMessage(message => message.id === messageId)
    return messageId
  }
  const personal = await send(ann.jid)
  for (const addressing of ['pn', 'lid'] as const) {
    ann.addressing = addressing
    const step = addressing === 'pn' ? ann.deliver : ann.read
    await step(personal)
  }
  await ann.play(personal)
  for (const [status, statusCode] of [
    ['delivered', 3],
    ['read', 4],
    ['played', 5],
  ] as const) {
    const { data } = await rig.published.wait('messages.update', draft => draft.data.status === status)
    assert.doesNotThrow(() => definitionOf('messages.update').data.parse(data))
    assert.deepEqual(
      [data.messageId, data.statusCode, data.from, data.participant?.phone],
      [personal, statusCode, ann.jid, '+15550101'],
    )
  }
  const inGroup = await send(group.jid)
  await ann.deliver(inGroup)
  await ben.read(inGroup)
  // A voice note played in a group reaches us as read: Baileys knows two times of a receipt there, not three.
  await ann.play(inGroup)
  for (const [member, status] of [
    [ann, 'delivered'],
    [ben, 'read'],
    [ann, 'read'],
  ] as const) {
    const { data } = await rig.published.wait(
      'message-receipt.update',
      draft => draft.data.status === status && draft.data.participant.lid === member.lid,
    )
    assert.doesNotThrow(() => definitionOf('message-receipt.update').data.parse(data))
    assert.deepEqual([data.messageId, data.from, data.fromMe], [inGroup, group.jid, true])
  }
})
