import type { Contact, Group } from '@waxwing/simulator'
import type { Chance } from './chance.ts'
import { stanzaName } from './wire-log.ts'
import type { World } from './world.ts'

/** Something that must reach the receiver: which stanza carries it, which fact tells it, and what it says. */
export type Expected = {
  kind: Kind
  /** As `stanzaName` in `wire-log.ts`. */
  stanza: string
  /** As `factOf` in `arrivals.ts`. */
  fact: string
  /** The text, where there is one. */
  body: string | null
}

export type Kind = 'answered' | 'unanswered' | 'group' | 'receipt' | 'call' | 'group change'

/** Something that somebody on the network does. Resolves when the server has sent or kept its stanzas. */
export type Deed = () => Promise<Expected[]>

export type Script = {
  deeds: Deed[]
  /** How many stanzas of them must be told. */
  stanzas: number
}

/** Contacts of one run. Half of them are known by LID, half by number. */
const answeredContacts = 5
const unansweredContacts = 5
/** Messages of ours whose receipts come during the run: to each answered contact, and to the group. */
const sentEach = 4
/** Two calls, each with a beginning and an end, two names and a promotion. */
const otherStanzas = 7
/** Messages of the group that arrive in another order than they were sealed in, as they do when a sender is on a bad line. */
const disordered = 6

/**
 * Who writes in one run, and what, in random order: `messages` messages, a third of them in a group, and the receipts of some
 * messages that the gateway has sent before. Every run has contacts and a group of its own, so each has first messages
 * too. The gateway must be connected, for it answers five contacts first: what they write is `msg`, what the others write
 * stays `pkmsg`.
 */
export async function writeScript(
  world: World,
  a: { run: number; messages: number; chance: Chance },
): Promise<Script> {
  const { whatsapp, phone } = world
  const contacts = Array.from({ length: answeredContacts + unansweredContacts }, (_, i) => {
    const contact = whatsapp.contact({ number: `1555${1_000_000 + a.run * 100 + i}`, name: `C${i}` })
    contact.addressing = i % 2 === 0 ? 'lid' : 'pn'
    return contact
  })
  const anybody = () => contacts[a.chance.below(contacts.length)] as Contact
  const answered = contacts.slice(0, answeredContacts)
  const group = whatsapp.group({ subject: `Group ${a.run}`, members: [...contacts, phone] })
  // What the gateway says in a group answers everybody in it.
  const circle = whatsapp.group({ subject: `Circle ${a.run}`, members: [phone, ...answered] })

  const receipts: Deed[] = []
  for (const contact of answered)
    for (let i = 0; i < sentEach; i++) receipts.push(await receiptOf(world, contact, contact.number, i))
  for (let i = 0; i < sentEach; i++)
    receipts.push(await receiptOf(world, answered[i] as Contact, circle.jid, i))

  const inGroup = async (contact: Contact, text: string) =>
    messageFact('group', text, await contact.sayIn(group, text))
  const inDisorder: Deed = async () => {
    group.shuffleNext(disordered, () => a.chance.below(1_000) / 1_000)
    const texts = Array.from({ length: disordered }, (_, i) => `run ${a.run}, out of order ${i}`)
    return Promise.all(texts.map(text => inGroup(contacts[0] as Contact, text)))
  }
  const messages = Array.from({ length: a.messages - disordered }, (_, i): Deed => {
    const contact = anybody()
    const kind = contacts.indexOf(contact) < answeredContacts ? 'answered' : 'unanswered'
    const text = `run ${a.run}, message ${i}`
    return i % 3 === 2
      ? async () => [await inGroup(contact, text)]
      : async () => [messageFact(kind, text, await contact.say(phone, text))]
  })
  const deeds = a.chance.shuffled([
    ...messages,
    inDisorder,
    ...receipts,
    ...otherDeeds(world, group, contacts),
  ])
  return { deeds, stanzas: a.messages + receipts.length + otherStanzas }
}

/** Two calls, one of them missed, and what the maker of a group may change. */
function otherDeeds({ phone }: World, group: Group, [maker, other]: readonly Contact[]): Deed[] {
  if (!maker || !other) return []
  return [
    ...['A new name', 'Another name'].map(
      (subject): Deed =>
        async () => {
          await group.setSubject(maker, subject)
          return [groupFact('groups.update', group, subject)]
        },
    ),
    async () => {
      await group.promote(maker, other)
      return [groupFact('group-participants.update', group, 'promote')]
    },
    async () => {
      const call = await other.call(phone)
      await call.hangUp()
      return callFacts(call.id, 'offered', 'ended')
    },
    async () => {
      const call = await maker.call(phone, { video: true })
      await call.hangUp({ reason: 'timeout' })
      return callFacts(call.id, 'offered', 'missed')
    },
  ]
}

/** A group and the names it gets are of one run alone; the id of the stanza is the server's. */
function groupFact(type: string, { jid }: Group, change: string): Expected {
  return {
    kind: 'group change',
    stanza: stanzaName('notification', jid, change),
    fact: `${type} ${jid} ${change}`,
    body: null,
  }
}

function callFacts(id: string, ...statuses: string[]): Expected[] {
  return statuses.map(status => ({
    kind: 'call',
    stanza: stanzaName('call', id, status),
    fact: `call ${id} ${status}`,
    body: null,
  }))
}

function messageFact(kind: Kind, body: string, { id }: { id: string }): Expected {
  return { kind, stanza: stanzaName('message', id), fact: `messages.received ${id}`, body }
}

/**
 * The gateway sends a message through its API; what is left to do is its receipt by this contact. One receipt a message: of
 * two that follow closely only the last need be told.
 */
async function receiptOf(world: World, contact: Contact, to: string, i: number): Promise<Deed> {
  const body = { to, type: 'text', text: `${i}` }
  const sent = await world.gateway.api('POST', `/sessions/${world.sessionId}/messages`, body)
  if (sent.status >= 300) throw new Error(`could not send: ${sent.status} ${JSON.stringify(sent.body)}`)
  const id: string = sent.body.message_id
  await contact.waitForMessage(message => message.id === id, { timeoutMs: 30_000 })
  const read = i % 2 === 0
  const type = to === contact.number ? 'messages.update' : 'message-receipt.update'
  return async () => {
    await (read ? contact.read(id) : contact.deliver(id))
    return [
      {
        kind: 'receipt',
        stanza: stanzaName('receipt', id, read ? 'read' : ''),
        fact: `${type} ${id} ${read ? 'read' : 'delivered'}`,
        body: null,
      },
    ]
  }
}
