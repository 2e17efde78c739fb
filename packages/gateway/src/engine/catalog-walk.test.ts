import './process-guards.ts'

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { catalog, definitionOf, type EventType } from '@waxwing/events'
import type { EventDraft } from '@waxwing/events/event-id'
import { link, openRig } from './test-rig.ts'

/** Everybody and everything a scenario may need: one linked number, two people, a group they are in. */
async function openStage(t: TestContext) {
  const rig = await openRig(t)
  const engine = await rig.engine()
  const { phone, session } = await link(rig, engine, '15550100')
  const ann = rig.whatsapp.contact({ number: '15550101', name: 'Ann' })
  const ben = rig.whatsapp.contact({ number: '15550102', name: 'Ben' })
  const group = rig.whatsapp.group({ subject: 'Choir', members: [ann, phone] })
  const send = async (text: string, to: string = ann.jid) => {
    const content = { type: 'text', text } as const
    const answer = await engine.commands.call('message.send', { sessionId: session.id, to, content })
    assert.ok(answer.ok)
    return answer.result.messageId
  }
  return { ...rig, engine, phone, session, ann, ben, group, send }
}

type Stage = Awaited<ReturnType<typeof openStage>>
type Told<T extends EventType> = Extract<EventDraft, { type: T }>

/** Does what the event tells of, and says by what to recognise it. */
type Scenario<T extends EventType> = (stage: Stage) => Promise<(draft: Told<T>) => boolean>
type NotHere = { elsewhere: string } | { notYet: string }

const elsewhere = (where: string): NotHere => ({ elsewhere: where })
const notYet = (reason: string): NotHere => ({ notYet: reason })

const about = (id: string) => (draft: { data: { messageId: string } }) => draft.data.messageId === id

/** How each event of the catalog is made to happen on a simulated phone. */
const scenarios: { [T in EventType]: Scenario<T> | NotHere } = {
  'messages.received': async ({ ann, phone }) => about((await ann.say(phone, 'hello')).id),
  'messages-personal.received': async ({ ann, phone }) => about((await ann.say(phone, 'hello')).id),
  'messages-group.received': async ({ ann, group }) => about((await ann.sayIn(group, 'hello')).id),
  'messages-newsletter.received': async ({ whatsapp, phone }) =>
    about((await whatsapp.channel().post('news', [phone])).id),
  'messages.upsert': async ({ ann, phone }) => about((await ann.say(phone, 'hello')).id),
  async 'message.sent'({ ann, send }) {
    const id = await send('hello')
    await ann.waitForMessage(each => each.id === id)
    return about(id)
  },
  async 'message.failed'({ phone, send }) {
    phone.rejectNextMessage(463)
    return about(await send('nobody will read this'))
  },
  async 'message.waiting'({ ann, phone }) {
    ann.undecryptableNext(1)
    return about((await ann.say(phone, 'unreadable')).id)
  },
  async 'messages.update'({ ann, send }) {
    const id = await send('read me')
    await ann.waitForMessage(each => each.id === id)
    await ann.read(id)
    return draft => draft.data.messageId === id && draft.data.status === 'read'
  },
  async 'messages.edited'({ ann, phone }) {
    const { id } = await ann.say(phone, 'helo')
    await ann.edit(phone, id, 'hello')
    return about(id)
  },
  async 'messages.delete'({ ann, phone }) {
    const { id } = await ann.say(phone, 'oops')
    await ann.revoke(phone, id)
    return about(id)
  },
  async 'messages.reaction'({ ann, phone, send }) {
    const id = await send('like it?')
    await ann.waitForMessage(each => each.id === id)
    await ann.react(phone, id, '👍')
    return about(id)
  },
  async 'message-receipt.update'({ ann, group, send }) {
    const id = await send('all here?', group.jid)
    await ann.waitForMessage(each => each.id === id)
    await ann.read(id)
    return draft => draft.data.messageId === id && draft.data.status === 'read'
  },
  'status.received': async ({ ann, phone }) => about((await ann.postStatus('at the lake', [phone])).id),
  'session.status': async () => draft => draft.data.status === 'connected',
  'session.stalled': notYet('there is no watchdog that notices silence yet'),
  'qrcode.updated': async () => () => true,
  'history.sync': async () => draft => draft.data.complete,
  async 'chats.upsert'({ ann, phone, whatsapp }) {
    const made = whatsapp.group({ subject: 'Quartet', members: [ann] })
    await made.add(ann, phone)
    return draft => draft.data.jid === made.jid && draft.data.name === 'Quartet'
  },
  async 'chats.update'({ ann, phone }) {
    await phone.mute(ann, new Date(1_900_000_000_000))
    return draft => draft.data.jid === ann.jid && draft.data.mutedUntil === '2030-03-17T17:46:40.000Z'
  },
  async 'chats.delete'({ ann, phone }) {
    await phone.deleteChat(ann)
    return draft => draft.data.jid === ann.jid
  },
  async 'presence.update'({ ann, phone, session, store, engine }) {
    // WhatsApp shows it only to who has asked and is online; the simulated network shows it to all.
    await store.sessions.update(session.profileId, session.id, { settings: { always_online: true } })
    await engine.commands.call('session.apply-settings', { sessionId: session.id })
    await ann.say(phone, 'are you there?')
    await phone.saw(({ node }) => node.tag === 'presence' && node.attrs.type === 'available')
    await phone.saw(
      ({ node }) => node.tag === 'presence' && node.attrs.type === 'subscribe' && node.attrs.to === ann.jid,
    )
    ann.type(phone)
    return draft => draft.data.participant.jid === ann.jid && draft.data.presence === 'typing'
  },
  async 'labels.edit'({ phone }) {
    await phone.editLabel({ id: '5', name: 'Paid', color: 3 })
    return draft => draft.data.labelId === '5' && draft.data.name === 'Paid'
  },
  async 'labels.association'({ ann, phone }) {
    await phone.label(ann, '5', true)
    return draft => draft.data.action === 'add' && draft.data.from === ann.jid
  },
  async 'groups.upsert'({ ann, phone, whatsapp }) {
    const made = whatsapp.group({ subject: 'Band', members: [ann] })
    await made.add(ann, phone)
    return draft => draft.data.jid === made.jid && draft.data.participants?.length === 2
  },
  async 'groups.update'({ ann, group }) {
    await group.change(ann, { ephemeralSeconds: 86_400 })
    return draft => draft.data.jid === group.jid && draft.data.ephemeralSeconds === 86_400
  },
  async 'group-participants.update'({ ann, ben, group }) {
    await group.add(ann, ben)
    return draft => draft.data.action === 'add' && draft.data.participants[0]?.phone === '+15550102'
  },
  async 'group.join-request'({ group, whatsapp }) {
    const cora = whatsapp.contact({ number: '15550103' })
    await group.requestToJoin(cora)
    return draft => draft.data.participant.jid === cora.jid && draft.data.method === 'invite_link'
  },
  async 'contacts.upsert'({ ann, phone }) {
    await phone.saveContact(ann, 'Ann from work')
    return draft => draft.data.jid === ann.jid && draft.data.name === 'Ann from work'
  },
  async 'contacts.update'({ ann, phone }) {
    await ann.changePicture([phone])
    return draft => draft.data.jid === ann.jid && draft.data.picture === 'changed'
  },
  async 'blocklist.update'({ ben, phone }) {
    await phone.block(ben, true)
    return draft => draft.data.action === 'add' && draft.data.contacts[0]?.jid === ben.jid
  },
  async 'poll.results'({ ann, phone }) {
    const { id } = await ann.createPoll(phone, { question: 'Which?', options: ['Red', 'Blue'] })
    await ann.vote(phone, id, ['Blue'])
    return draft => draft.data.messageId === id && draft.data.options[1]?.votes === 1
  },
  async call({ ann, phone }) {
    const { id } = await ann.call(phone)
    return draft => draft.data.callId === id && draft.data.status === 'offered'
  },
  'webhook.ping': elsewhere('the Test button: api/webhooks.test.ts'),
  'webhook.disabled': elsewhere('the dispatcher'),
  'webhook.recovered': elsewhere('the dispatcher'),
  'delivery.failed': elsewhere('the dispatcher'),
}

test('every event of the catalog can be made to happen by a simulated phone, and fits its schema', async t => {
  const stage = await openStage(t)
  for (const { type } of catalog) {
    const scenario = scenarios[type] as Scenario<EventType> | NotHere
    if (typeof scenario !== 'function') continue
    await t.test(type, async () => {
      const told = await stage.published.wait(type, await scenario(stage))
      assert.equal(told.sessionId, stage.session.id)
      assert.doesNotThrow(() => definitionOf(type).data.parse(told.data))
    })
  }
})

test('what cannot happen yet is written down, and becomes less', t => {
  const missing = Object.entries(scenarios).flatMap(([type, one]) =>
    'notYet' in one ? [`${type}: ${one.notYet}`] : [],
  )
  for (const line of missing) t.diagnostic(`not yet ${line}`)
  assert.ok(missing.length <= 1, 'a type that could happen before does so no more')
})
