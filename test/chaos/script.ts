import type { Contact } from '@waxwing/simulator'
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

export type Kind = 'answered' | 'unanswered' | 'receipt'

/** One thing that somebody on the network does. Resolves when the server has sent or kept the stanza. */
export type Deed = () => Promise<Expected>

/** Contacts of one run. Half of each five is known by LID, half by number. */
const answeredContacts = 5
const unansweredContacts = 5
/** Messages of ours whose receipts come during the run, for each answered contact. */
const sentEach = 4

/**
 * Who writes in one run, and what, in random order: `messages` messages, and the receipts of some messages that the gateway
 * has sent before. Every run has contacts of its own, so each has first messages too. The gateway must be connected, for
 * it answers five of them first: what an answered contact writes is `msg`, what the others write stays `pkmsg`.
 */
export async function writeScript(
  world: World,
  a: { run: number; messages: number; chance: Chance },
): Promise<Deed[]> {
  const contacts = Array.from({ length: answeredContacts + unansweredContacts }, (_, i) => {
    const contact = world.whatsapp.contact({ number: `1555${1_000_000 + a.run * 100 + i}`, name: `C${i}` })
    contact.addressing = i % 2 === 0 ? 'lid' : 'pn'
    return contact
  })
  const receipts: Deed[] = []
  for (const contact of contacts.slice(0, answeredContacts)) {
    for (let i = 0; i < sentEach; i++)
      receipts.push(receiptOf(contact, await write(world, contact, `${i}`), i))
  }
  const texts = Array.from({ length: a.messages }, (_, i): Deed => {
    const who = a.chance.below(contacts.length)
    const contact = contacts[who] as Contact
    const text = `run ${a.run}, message ${i}`
    return async () => {
      const { id } = await contact.say(world.phone, text)
      return {
        kind: who < answeredContacts ? 'answered' : 'unanswered',
        stanza: stanzaName('message', id),
        fact: `messages.received ${id}`,
        body: text,
      }
    }
  })
  return a.chance.shuffled([...texts, ...receipts])
}

/** Sends through the API and waits until the contact has it: its id. */
async function write(world: World, contact: Contact, text: string): Promise<string> {
  const body = { to: contact.number, type: 'text', text }
  const sent = await world.gateway.api('POST', `/sessions/${world.sessionId}/messages`, body)
  if (sent.status >= 300) throw new Error(`could not send: ${sent.status} ${JSON.stringify(sent.body)}`)
  const { id } = await contact.waitForMessage(message => message.id === sent.body.message_id, {
    timeoutMs: 30_000,
  })
  return id
}

/** One receipt a message: of two, WhatsApp's clients may tell only the last. */
function receiptOf(contact: Contact, id: string, i: number): Deed {
  const read = i % 2 === 0
  return async () => {
    await (read ? contact.read(id) : contact.deliver(id))
    return {
      kind: 'receipt',
      stanza: stanzaName('receipt', id, read ? 'read' : ''),
      fact: `messages.update ${id} ${read ? 'read' : 'delivered'}`,
      body: null,
    }
  }
}
