import './process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { link, openRig } from './test-rig.ts'

test('a number linked by QR receives a text as a published event', async () => {
  const rig = await openRig()
  const engine = await rig.engine()
  const { phone, session } = await link(rig, engine, '15550100')
  const ann = rig.whatsapp.contact({ number: '15550101', name: 'Ann' })
  const { id } = await ann.say(phone, 'hello')
  const { data, at } = await rig.published.wait('messages.received')
  assert.deepEqual(
    { ...data, timestamp: 0 },
    {
      messageId: id,
      from: ann.jid,
      fromMe: false,
      isGroup: false,
      participant: { jid: ann.jid, lid: ann.lid, phone: '+15550101' },
      body: 'hello',
      timestamp: 0,
      pushName: 'Ann',
      type: 'text',
    },
  )
  assert.equal(at.getTime(), data.timestamp * 1000)
  const row = await rig.store.sessions.find(session.id)
  assert.deepEqual([row?.status, row?.phone, row?.lid, row?.qr], ['connected', '+15550100', phone.lid, null])
  await rig.close()
})
