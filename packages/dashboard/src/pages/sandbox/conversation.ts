/** What was said in a chat, as the events tell it: with what was changed, taken back, reacted to and voted since. */
import type { Event } from '../../operations.ts'

export type Said = {
  id: string
  mine: boolean
  /** The number of who said it, digits only. */
  by: string
  name: string
  text: string
  at: string
  edited: boolean
  deleted: boolean
  /** How far a message of ours has come. */
  state: 'sent' | 'delivered' | 'read'
  /** One a person. */
  reactions: string[]
  poll: { options: { name: string; votes: number }[] } | null
}

type Data = {
  messageId?: string
  from?: string
  body?: string
  type?: string
  pushName?: string
  status?: string
  emoji?: string
  participant?: { phone?: string | null; jid?: string | null }
  poll?: { options: string[] }
  options?: { name: string; votes: number }[]
}

/** The part of a jid before its server is the number, or the group. */
const localPart = (jid: string | null | undefined) => (jid ?? '').split(/[@:]/)[0] ?? ''
const personOf = ({ participant }: Data) =>
  (participant?.phone ?? localPart(participant?.jid)).replace(/\D/g, '')

/** The messages of a chat (a number, or the id of a group), oldest first. Events in any order. */
export function conversation(events: readonly Event[], chat: string): Said[] {
  const inOrder = events
    .filter(({ payload }) => localPart((payload.data as Data | undefined)?.from) === localPart(chat))
    .toSorted(
      (a, b) => a.timestamp.localeCompare(b.timestamp) || a.committed_at.localeCompare(b.committed_at),
    )
  const said = new Map<string, Said>()
  const reactions = new Map<string, Map<string, string>>()
  for (const event of inOrder.filter(isMessage)) said.set(...messageOf(event))
  for (const { type, payload } of inOrder) {
    const data = payload.data as Data
    const message = said.get(data.messageId ?? '')
    if (message) change(message, type, data, reactions)
  }
  return [...said.values()]
}

function isMessage({ type }: Event): boolean {
  return type === 'messages.received' || type === 'message.sent'
}

function messageOf({ id: event, type, timestamp, payload }: Event): [string, Said] {
  const data = payload.data as Data
  const id = data.messageId ?? event
  return [
    id,
    {
      id,
      mine: type === 'message.sent',
      by: personOf(data),
      name: data.pushName ?? '',
      text: data.body || `(${data.type})`,
      at: timestamp,
      edited: false,
      deleted: false,
      state: 'sent',
      reactions: [],
      poll: data.poll ? { options: data.poll.options.map(name => ({ name, votes: 0 })) } : null,
    },
  ]
}

function change(message: Said, type: string, data: Data, reactions: Map<string, Map<string, string>>): void {
  switch (type) {
    case 'messages.edited':
      Object.assign(message, { text: data.body, edited: true })
      return
    case 'messages.delete':
      message.deleted = true
      return
    case 'messages.update':
      if (data.status === 'delivered' || data.status === 'read') message.state = data.status
      return
    case 'poll.results':
      message.poll = { options: data.options ?? [] }
      return
    case 'messages.reaction': {
      const mine = reactions.get(message.id) ?? new Map()
      if (data.emoji) mine.set(personOf(data), data.emoji)
      else mine.delete(personOf(data))
      reactions.set(message.id, mine)
      message.reactions = [...mine.values()]
    }
  }
}
