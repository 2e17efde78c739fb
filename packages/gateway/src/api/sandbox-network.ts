import type { SandboxMessage } from './sandbox-message.ts'

/**
 * The simulated network as the API moves it: declared here, for this room knows no simulator, and handed in by app.ts.
 * Every contact, group and call belongs to one profile, and every phone to one session. Calls reject when the network
 * itself refuses (a contact that is in no such group, a phone that nobody has linked), with a sentence for people.
 */
export type SandboxNetwork = {
  /** The first few are always there, with the same numbers after a restart; those made here are gone by then. */
  contacts(profileId: string): SandboxContact[]
  addContact(profileId: string, name: string): SandboxContact
  groups(profileId: string): SandboxGroup[]
  /** `members`: numbers; the first one makes the group and is its admin. */
  addGroup(profileId: string, group: { subject: string; members: string[] }): SandboxGroup
  /** The phone of a session: always the same one. */
  phone(session: { id: string; profileId: string; phone: string | null }): SandboxPhone
  hangUp(profileId: string, callId: string): Promise<boolean>
}

export type SandboxContact = {
  readonly number: string
  readonly name: string
  /** What reached it, oldest first; `group` null: said to it alone. */
  readonly received: readonly { id: string; from: string; text: string; group: string | null }[]
  send(to: { phone: string } | { group: string }, message: SandboxMessage): Promise<{ id: string }>
  /** Seen by whoever of the chat is connected now. */
  show(to: { phone: string } | { group: string }, doing: SandboxDoing): Promise<void>
  call(to: string, options: { video: boolean }): Promise<{ id: string }>
  /** Tells the sender of a message that it has arrived, was read, or (a voice note) was listened to. */
  receipt(messageId: string, type: 'delivered' | 'read' | 'played'): Promise<void>
}

/** The last two are seen by the phone of a session only. */
export const sandboxDoings = ['typing', 'recording', 'paused', 'online', 'offline'] as const
export type SandboxDoing = (typeof sandboxDoings)[number]

export type SandboxGroup = {
  readonly id: string
  readonly subject: string
  readonly members: readonly string[]
  change(
    by: string,
    change:
      | { verb: 'subject'; subject: string }
      | { verb: 'add' | 'remove' | 'promote' | 'demote'; numbers: string[] },
  ): Promise<void>
}

export type SandboxPhone = {
  readonly number: string
  scan(qr: string): Promise<void>
  enterCode(code: string): Promise<void>
  send(to: { contact: string } | { group: string }, message: SandboxMessage): Promise<{ id: string }>
  /** Unlinks the session, as a person does under "Linked devices". */
  logOut(): Promise<void>
  /** Cuts the connection of the session without a word. */
  drop(): Promise<void>
}
