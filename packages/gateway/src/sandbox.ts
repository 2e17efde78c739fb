import { createHash } from 'node:crypto'
import type { Call, Contact, Group, Phone, WhatsApp } from '@waxwing/simulator'
import type { SandboxMessage } from './api/sandbox-message.ts'
import type { SandboxContact, SandboxGroup, SandboxNetwork, SandboxPhone } from './api/sandbox-network.ts'

/** There from the beginning, so that the first thing somebody tries needs no preparation. */
const firstContacts = ['Ada', 'Grace', 'Linus']
/** Of each profile: a simulated person costs keys and a place in memory, and a script in a loop makes many. */
const maxContacts = 200
const maxGroups = 200
/** Calls that can still be hung up, the newest. */
const maxCalls = 100

/** Messages of a profile that somebody can still react to, edit or quote, the newest. */
const maxMessages = 5_000

/** A person or a group, as the simulator addresses them. */
type Chat = { readonly jid: string }

type People = { contacts: Contact[]; groups: Group[]; calls: Map<string, Call>; said: Set<string> }

/**
 * The simulator as the API moves it. Profiles share one network, so nobody chooses numbers: each is derived from whose it
 * is, and nobody can reach the people or phones of another.
 */
export function createSandboxNetwork(simulator: WhatsApp): SandboxNetwork {
  const people = new Map<string, People>()

  function peopleOf(profileId: string): People {
    const known = people.get(profileId)
    if (known !== undefined) return known
    const own: People = { contacts: [], groups: [], calls: new Map(), said: new Set() }
    people.set(profileId, own)
    for (const name of firstContacts) meet(own, profileId, name)
    return own
  }

  function meet(own: People, profileId: string, name: string): Contact {
    const contact = simulator.contact({ number: numberOf(`${profileId} ${own.contacts.length}`), name })
    // As a real phone does by itself; the sender may be gone by now, and then nobody misses it.
    contact.onMessage(({ id }) => void contact.deliver(id).catch(() => undefined))
    own.contacts.push(contact)
    return contact
  }

  /** Where somebody speaks. */
  function chatOf(own: People, to: { phone: string } | { contact: string } | { group: string }): Chat {
    if ('group' in to) return groupIn(own, to.group)
    return 'phone' in to ? simulator.phone({ number: to.phone }) : simulator.contact({ number: to.contact })
  }

  function appear(
    contact: Contact,
    to: { phone: string } | { group: string },
    as: 'online' | 'offline',
  ): void {
    if (!('phone' in to)) throw new Error('online and offline are for the phone of a session to see')
    const phone = simulator.phone({ number: to.phone })
    if (as === 'online') contact.goOnline(phone)
    else contact.goOffline(phone, { lastSeen: new Date() })
  }

  async function send(own: People, who: Contact | Phone, chat: Chat, message: SandboxMessage) {
    // The network knows the messages of every profile; what is not one's own does not exist.
    for (const id of referred(message))
      if (!isKnown(own, id)) throw new Error(`nobody here remembers a message ${id}`)
    const sent = await carryOut(who, chat, message)
    own.said.add(sent.id)
    forgetOldest(own.said, maxMessages)
    return sent
  }

  function isKnown({ said, contacts }: People, id: string): boolean {
    return said.has(id) || contacts.some(({ received }) => received.some(each => each.id === id))
  }

  function showContact(own: People, contact: Contact): SandboxContact {
    return {
      number: contact.number,
      name: contact.name,
      received: contact.received.map(({ id, from, text, group }) => ({
        id,
        from,
        text,
        group: group ?? null,
      })),
      send: (to, message) => send(own, contact, chatOf(own, to), message),
      show: async (to, doing) => {
        if (doing === 'online' || doing === 'offline') return appear(contact, to, doing)
        const verbs = { typing: contact.type, recording: contact.record, paused: contact.pause }
        verbs[doing](chatOf(own, to))
      },
      async call(to, options) {
        const call = await contact.call(simulator.phone({ number: to }), options)
        own.calls.set(call.id, call)
        forgetOldest(own.calls, maxCalls)
        return { id: call.id }
      },
      async receipt(messageId, type) {
        const verbs = { delivered: contact.deliver, read: contact.read, played: contact.play }
        await verbs[type](messageId)
      },
    }
  }

  function showGroup(group: Group): SandboxGroup {
    const members = (numbers: string[]) => numbers.map(number => ({ number }))
    return {
      get id() {
        return group.jid
      },
      get subject() {
        return group.subject
      },
      get members() {
        return group.members
      },
      async change(by, change) {
        if (change.verb === 'subject') await group.setSubject({ number: by }, change.subject)
        else await group[change.verb]({ number: by }, ...members(change.numbers))
      },
    }
  }

  function showPhone(own: People, phone: Phone): SandboxPhone {
    return {
      number: phone.number,
      scan: phone.scan,
      enterCode: phone.enterCode,
      send: (to, message) => send(own, phone, chatOf(own, to), message),
      async logOut() {
        // This network takes in devices it has forgotten, and would take one that it was told to forget.
        if (!phone.online) throw new Error('the session is not connected now')
        await phone.logOut()
      },
      drop: phone.drop,
    }
  }

  function groupIn({ groups }: People, id: string): Group {
    const group = groups.find(({ jid }) => jid === id)
    if (group === undefined) throw new Error(`there is no group ${id}`)
    return group
  }

  return {
    contacts(profileId) {
      const own = peopleOf(profileId)
      return own.contacts.map(contact => showContact(own, contact))
    },
    addContact(profileId, name) {
      const own = peopleOf(profileId)
      if (own.contacts.length >= maxContacts) throw new Error(`there are ${maxContacts} contacts already`)
      return showContact(own, meet(own, profileId, name))
    },
    groups: profileId => peopleOf(profileId).groups.map(showGroup),
    addGroup(profileId, { subject, members }) {
      const { groups } = peopleOf(profileId)
      if (groups.length >= maxGroups) throw new Error(`there are ${maxGroups} groups already`)
      const group = simulator.group({ subject, members: members.map(number => ({ number })) })
      groups.push(group)
      return showGroup(group)
    },
    phone({ id, profileId, phone }) {
      // The row has a plus sign before the digits.
      const number = phone?.replace(/^\+/, '') ?? numberOf(id)
      return showPhone(peopleOf(profileId), simulator.phone({ number, name: 'Sandbox phone' }))
    },
    async hangUp(profileId, callId) {
      const { calls } = peopleOf(profileId)
      const call = calls.get(callId)
      if (call === undefined) return false
      calls.delete(callId)
      await call.hangUp()
      return true
    },
  }
}

/** The messages that a deed is about. */
function referred(message: SandboxMessage): string[] {
  const id =
    message.type === 'text' ? message.quote : 'message_id' in message ? message.message_id : undefined
  return id === undefined ? [] : [id]
}

function carryOut(who: Contact | Phone, chat: Chat, message: SandboxMessage): Promise<{ id: string }> {
  switch (message.type) {
    case 'text':
      return who.write(chat, message.text, { quote: message.quote })
    case 'reaction':
      return who.react(chat, message.message_id, message.emoji)
    case 'edit':
      return who.edit(chat, message.message_id, message.text)
    case 'delete':
      return who.revoke(chat, message.message_id)
    case 'poll':
      return who.createPoll(chat, { ...message, selectableCount: message.selectable_count })
    case 'vote':
      return who.vote(chat, message.message_id, message.options)
    case 'location': {
      const { latitude, longitude, name } = message
      return who.sendLocation(chat, { degreesLatitude: latitude, degreesLongitude: longitude, name })
    }
    case 'contact':
      return who.sendContact(chat, message)
  }
}

/** The oldest entries go first: both keep their order. */
function forgetOldest(entries: Map<string, unknown> | Set<string>, most: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= most) return
    entries.delete(key)
  }
}

/** Fourteen digits of a range that no country uses for people, the same for the same owner. */
function numberOf(owner: string): string {
  const hash = createHash('sha256').update(`waxwing sandbox number ${owner}`).digest()
  return `1555${String(hash.readBigUInt64BE() % 10_000_000_000n).padStart(10, '0')}`
}
