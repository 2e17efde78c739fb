import { createHash } from 'node:crypto'
import type { Call, Contact, Group, Phone, WhatsApp } from '@waxwing/simulator'
import type { SandboxContact, SandboxGroup, SandboxNetwork, SandboxPhone } from './api/sandbox-network.ts'

/** There from the beginning, so that the first thing somebody tries needs no preparation. */
const firstContacts = ['Ada', 'Grace', 'Linus']
/** Of each profile: a simulated person costs keys and a place in memory, and a script in a loop makes many. */
const maxContacts = 200
const maxGroups = 200
/** Calls that can still be hung up, the newest. */
const maxCalls = 100

type People = { contacts: Contact[]; groups: Group[]; calls: Map<string, Call> }

/**
 * The simulator as the API moves it. Profiles share one network, so nobody chooses numbers: each is derived from whose it
 * is, and nobody can reach the people or phones of another.
 */
export function createSandboxNetwork(simulator: WhatsApp): SandboxNetwork {
  const people = new Map<string, People>()

  function peopleOf(profileId: string): People {
    const known = people.get(profileId)
    if (known !== undefined) return known
    const own: People = { contacts: [], groups: [], calls: new Map() }
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

  const addressee = (number: string) => simulator.contact({ number })

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
      say: (to, text) => contact.say(simulator.phone({ number: to }), text),
      sayIn: (groupId, text) => contact.sayIn(groupIn(own, groupId), text),
      async call(to, options) {
        const call = await contact.call(simulator.phone({ number: to }), options)
        own.calls.set(call.id, call)
        for (const id of own.calls.keys()) {
          if (own.calls.size <= maxCalls) break
          own.calls.delete(id)
        }
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

  function showPhone(phone: Phone): SandboxPhone {
    return {
      number: phone.number,
      scan: phone.scan,
      enterCode: phone.enterCode,
      say: (to, text) => phone.say(addressee(to), text),
      sayIn: (groupId, text) => phone.sayIn(anyGroup(groupId), text),
      async logOut() {
        // This network takes in devices it has forgotten, and would take one that it was told to forget.
        if (!phone.online) throw new Error('the session is not connected now')
        await phone.logOut()
      },
      drop: phone.drop,
    }
  }

  function groupIn({ groups }: Pick<People, 'groups'>, id: string): Group {
    const group = groups.find(({ jid }) => jid === id)
    if (group === undefined) throw new Error(`there is no group ${id}`)
    return group
  }

  const anyGroup = (id: string) =>
    groupIn({ groups: [...people.values()].flatMap(({ groups }) => groups) }, id)

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
    // The row has a plus sign before the digits.
    phone: ({ id, phone }) =>
      showPhone(
        simulator.phone({ number: phone?.replace(/^\+/, '') ?? numberOf(id), name: 'Sandbox phone' }),
      ),
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

/** Fourteen digits of a range that no country uses for people, the same for the same owner. */
function numberOf(owner: string): string {
  const hash = createHash('sha256').update(`waxwing sandbox number ${owner}`).digest()
  return `1555${String(hash.readBigUInt64BE() % 10_000_000_000n).padStart(10, '0')}`
}
