import './process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import { startWhatsApp } from '@waxwing/simulator'
import { connected, link, openRig } from './test-rig.ts'

const shop = '15550100'
const ann = { number: '15550101', name: 'Ann' }

test('a number linked by QR receives a text as a published event', async t => {
  const rig = await openRig(t)
  const { phone, session } = await link(rig, await rig.engine(), shop)
  const contact = rig.whatsapp.contact(ann)
  const { id } = await contact.say(phone, 'hello')
  const { data, at } = await rig.published.wait('messages.received')
  const participant = { jid: contact.jid, lid: contact.lid, phone: '+15550101' }
  const expected = {
    messageId: id,
    from: contact.jid,
    fromMe: false,
    isGroup: false,
    participant,
    body: 'hello',
  }
  assert.deepEqual(data, { ...expected, timestamp: at.getTime() / 1000, pushName: 'Ann', type: 'text' })
  const row = await rig.store.sessions.find(session.id)
  assert.deepEqual([row?.status, row?.phone, row?.lid, row?.qr], ['connected', '+15550100', phone.lid, null])
})

test('a number linked by the code typed on its phone is connected, and a second code is refused', async t => {
  const rig = await openRig(t)
  const { commands } = await rig.engine()
  const phone = rig.whatsapp.phone({ number: shop })
  const { id: sessionId } = await rig.session()
  const answer = await commands.call('session.pairing-code', { sessionId, phone: '+1 555 0100' })
  assert.ok(answer.ok)
  assert.equal((await rig.store.sessions.find(sessionId))?.status, 'pairing')
  await phone.enterCode(answer.result.code)
  await connected(rig, sessionId)
  const again = await commands.call('session.pairing-code', { sessionId, phone: '15550100' })
  assert.equal(again.ok || again.code, 'session_already_linked')
})

test('a pairing code that nobody typed is forgotten: the next connection shows a QR code again', async t => {
  const rig = await openRig(t)
  const { commands } = await rig.engine()
  const { id: sessionId } = await rig.session()
  await commands.call('session.connect', { sessionId })
  await rig.published.wait('qrcode.updated')
  await commands.call('session.pairing-code', { sessionId, phone: shop })
  await commands.call('session.restart', { sessionId })
  await rig.published.wait('qrcode.updated', () => rig.published.of('qrcode.updated').length > 1)
  assert.notEqual((await rig.store.sessions.find(sessionId))?.status, 'logged_out')
})

test('what a session says about itself follows its linking and fits the catalog', async t => {
  const rig = await openRig(t)
  const { session } = await link(rig, await rig.engine(), shop)
  const told = rig.published.drafts.filter(draft => draft.sessionId === session.id)
  for (const draft of told)
    assert.doesNotThrow(() => definitionOf(draft.type).data.parse(draft.data), draft.type)
  const statuses = rig.published.of('session.status').map(draft => draft.data.status)
  assert.equal(statuses.at(-1), 'connected')
  assert.equal(rig.published.of('session.status').at(-1)?.data.me?.phone, '+15550100')
})

test('a text sent by number arrives and is told once, from what was sent and not from its echo', async t => {
  const rig = await openRig(t)
  const { commands } = await rig.engine()
  const engine = { commands } as Parameters<typeof link>[1]
  const { session } = await link(rig, engine, shop)
  const contact = rig.whatsapp.contact(ann)
  const send = (to: string, text: string) =>
    commands.call('message.send', { sessionId: session.id, to, content: { type: 'text', text } })
  const answer = await send('+1 555 0101', 'good morning')
  assert.ok(answer.ok)
  const received = await contact.waitForMessage()
  assert.deepEqual([received.id, received.text], [answer.result.messageId, 'good morning'])
  const { data } = await rig.published.wait('message.sent')
  assert.deepEqual(
    [data.messageId, data.to, data.source, data.fromMe],
    [received.id, contact.jid, 'api', true],
  )
  await contact.read(received.id)
  const read = await rig.published.wait('messages.update', draft => draft.data.status === 'read')
  assert.deepEqual([read.data.messageId, read.data.statusCode, read.data.from], [received.id, 4, contact.jid])
  assert.equal(rig.published.of('message.sent').length, 1)
  assert.equal(rig.published.of('messages.received').length, 0)
  const refusal = await send('hello', 'x')
  assert.equal(refusal.ok || refusal.code, 'invalid_recipient')
})

test('a session that was never linked is removed without asking WhatsApp', async t => {
  const rig = await openRig(t)
  const { commands } = await rig.engine()
  const { id: sessionId } = await rig.session()
  assert.deepEqual(await commands.call('session.remove', { sessionId }), { ok: true, result: {} })
  assert.equal(rig.whatsapp.stanzas.length, 0)
  const unknown = '00000000-0000-7000-8000-000000000000'
  const refusal = await commands.call('session.remove', { sessionId: unknown })
  assert.equal(refusal.ok || refusal.code, 'session_not_found')
})

test('a text typed on the phone is told as sent, by another device of the account', async t => {
  const rig = await openRig(t)
  const { phone } = await link(rig, await rig.engine(), shop)
  const { id } = await phone.say(rig.whatsapp.contact(ann), 'from my pocket')
  const { data } = await rig.published.wait('message.sent')
  assert.deepEqual([data.messageId, data.source, data.body], [id, 'phone', 'from my pocket'])
})

test('an engine that starts again connects its sessions without a new code', async t => {
  const rig = await openRig(t)
  const first = await rig.engine()
  const { phone, session } = await link(rig, first, shop)
  await first.stop()
  assert.equal((await rig.store.sessions.find(session.id))?.wanted, true)
  const codes = rig.published.of('qrcode.updated').length
  await rig.engine({ id: 'engine-2' })
  await connected(rig, session.id, 2)
  await rig.whatsapp.contact(ann).say(phone, 'still there?')
  await rig.published.wait('messages.received')
  assert.equal(rig.published.of('qrcode.updated').length, codes)
})

test('two networks with different roots live in one process, and a wrong root is refused', async t => {
  const rig = await openRig(t)
  const other = await startWhatsApp()
  t.after(() => other.stop())
  const sandbox = { url: other.url, rootKey: other.rootKey }
  const engine = await rig.engine({ networks: { sandbox } })
  await link(rig, engine, shop)
  const second = await rig.session('sandbox')
  await engine.commands.call('session.connect', { sessionId: second.id })
  const { data } = await rig.published.wait('qrcode.updated', draft => draft.sessionId === second.id)
  await other.phone({ number: '15550109' }).scan(data.qr)
  await connected(rig, second.id)
  await engine.stop()

  for (const rootKey of [rig.whatsapp.rootKey, undefined]) {
    const mistaken = await rig.engine({ id: 'mistaken', networks: { sandbox: { url: other.url, rootKey } } })
    const { id } = await rig.session('sandbox')
    await mistaken.commands.call('session.connect', { sessionId: id })
    const failed = await rig.published.wait(
      'session.status',
      d => d.sessionId === id && d.data.status === 'failed',
    )
    assert.deepEqual([failed.data.code, failed.data.final], [400, true])
    await mistaken.stop()
  }
})
