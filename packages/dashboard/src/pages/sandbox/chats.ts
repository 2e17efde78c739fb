/** The chats of a simulated phone: everybody who could write to it, with what was said as the events tell it. */
import type { Event, Session } from '../../operations.ts'
import { usePages, useRead } from '../../query.ts'

export type Chat = {
  /** The number of a contact, or the id of a group. */
  id: string
  name: string
  isGroup: boolean
  /** Who writes in it: the contact, or the members of the group that are contacts. */
  people: { number: string; name: string }[]
}

export type Said = {
  id: string
  mine: boolean
  who: string
  text: string
  at: string
  /** How far a message of ours has come. */
  state: 'sent' | 'delivered' | 'read'
}

const EVERY_MS = 5_000

export function useChats(session: Session): Chat[] {
  const contacts = useRead('listSandboxContacts', {}, { every: EVERY_MS })
  const groups = useRead('listSandboxGroups', {}, { every: EVERY_MS })
  const people = contacts.data?.data ?? []
  const own = session.phone?.replace(/\D/g, '') ?? ''
  return [
    ...people.map(({ number, name }) => ({ id: number, name, isGroup: false, people: [{ number, name }] })),
    ...(groups.data?.data ?? [])
      .filter(({ members }) => members.includes(own))
      .map(({ id, subject, members }) => ({
        id,
        name: subject,
        isGroup: true,
        people: people.filter(({ number }) => members.includes(number)),
      })),
  ]
}

type MessageData = {
  messageId?: string
  from?: string
  body?: string
  type?: string
  pushName?: string
  status?: string
  participant?: { phone?: string | null }
}

const dataOf = ({ payload }: Event) => (payload.data ?? {}) as MessageData
/** The part of a jid before its server is the number, or the group. */
const localPart = (jid = '') => jid.split(/[@:]/)[0]

/** The newest messages of a chat, oldest first. */
export function useConversation(session: Session, chat: Chat): Said[] {
  const filter = { session_id: session.id }
  const options = { every: EVERY_MS, limit: 100 }
  const received = usePages('listEvents', { ...filter, type: 'messages.received' }, options)
  const sent = usePages('listEvents', { ...filter, type: 'message.sent' }, options)
  const updates = usePages('listEvents', { ...filter, type: 'messages.update' }, options)
  const states = new Map<string, Said['state']>()
  for (const event of [...updates.items].reverse()) {
    const { messageId = '', status } = dataOf(event)
    if (status === 'delivered' || status === 'read') states.set(messageId, status)
  }
  return [...received.items, ...sent.items]
    .filter(event => localPart(dataOf(event).from) === localPart(chat.id))
    .sort((a, b) => a.timestamp.localeCompare(b.timestamp) || a.committed_at.localeCompare(b.committed_at))
    .map(event => {
      const { messageId = event.id, body = '', type = '', pushName, participant } = dataOf(event)
      return {
        id: messageId,
        mine: event.type === 'message.sent',
        who: pushName ?? participant?.phone ?? '',
        text: body || `(${type})`,
        at: event.timestamp,
        state: states.get(messageId) ?? 'sent',
      }
    })
}
