import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decryptPollVote } from 'baileys'
import { pair, startNetwork } from './test-client.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }

test('a contact reacts to what the client said, edits and deletes its own words, in a chat and in a group', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone] })
  for (const [chat, seenAs] of [
    [phone, bob.jid],
    [group, group.jid],
  ] as const) {
    const said = await client.socket.sendMessage(seenAs, { text: 'good morning' })
    await bob.waitForMessage(each => each.id === said?.key.id)
    await bob.react(chat, said?.key.id ?? '', '👍')
    const [reaction] = await client.event('messages.reaction', ([each]) => each?.key.id === said?.key.id)
    assert.deepEqual(
      [reaction?.key.fromMe, reaction?.key.remoteJid, reaction?.reaction.text],
      [true, seenAs, '👍'],
    )
    const { id } = await bob.write(chat, 'helo')
    await bob.edit(chat, id, 'hello')
    const about = (update: { key: { id?: string | null } } | undefined) => update?.key.id === id
    await client.event('messages.update', ([each]) => about(each) && !!each?.update.message?.editedMessage)
    await bob.revoke(chat, id)
    await client.event('messages.update', ([each]) => about(each) && each?.update.message === null)
  }
})

test('a vote opens with the secret of its poll and the addresses it was sealed by', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  const { id } = await bob.createPoll(phone, { question: 'Which?', options: ['Red', 'Blue'] })
  const poll = await client.message(each => each.key.id === id)
  await bob.vote(phone, id, ['Blue'], { voter: 'lid' })
  const vote = (await client.message(each => !!each.message?.pollUpdateMessage)).message?.pollUpdateMessage
  const pollEncKey = poll.message?.messageContextInfo?.messageSecret ?? new Uint8Array()
  const opened = decryptPollVote(vote?.vote ?? {}, {
    pollMsgId: id,
    pollCreatorJid: bob.jid,
    voterJid: bob.lid,
    pollEncKey,
  })
  assert.equal(opened.selectedOptions?.length, 1)
})

test('whoever is connected sees a contact type, record and go; whoever comes later does not', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  bob.type(phone)
  const client = await pair(whatsapp, ADA)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone] })
  const seen = (chat: string, who: string, presence: string) =>
    client.event(
      'presence.update',
      each => each.id === chat && each.presences[who]?.lastKnownPresence === presence,
    )
  bob.record(group)
  await seen(group.jid, bob.lid, 'recording')
  assert.ok(!client.events.all.some(({ data }) => JSON.stringify(data)?.includes('composing')))
  bob.type(phone)
  await seen(bob.jid, bob.jid, 'composing')
  bob.goOffline(phone, { lastSeen: new Date(1_795_435_200_000) })
  const gone = await seen(bob.jid, bob.jid, 'unavailable')
  assert.equal(gone.presences[bob.jid]?.lastSeen, 1_795_435_200)
})
