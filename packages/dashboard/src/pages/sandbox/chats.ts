/** The chats of a simulated phone: everybody who could write to it. */
import type { Session } from '../../operations.ts'
import { useRead } from '../../query.ts'

export type Person = { number: string; name: string }
export type Chat = {
  /** The number of a contact, or the id of a group. */
  id: string
  name: string
  isGroup: boolean
  /** Who writes in it: the contact, or the members of the group that are contacts. */
  people: Person[]
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
