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
  phone(session: { id: string; phone: string | null }): SandboxPhone
  hangUp(profileId: string, callId: string): Promise<boolean>
}

export type SandboxContact = {
  readonly number: string
  readonly name: string
  /** What reached it, oldest first; `group` null: said to it alone. */
  readonly received: readonly { id: string; from: string; text: string; group: string | null }[]
  say(to: string, text: string): Promise<{ id: string }>
  sayIn(groupId: string, text: string): Promise<{ id: string }>
  call(to: string, options: { video: boolean }): Promise<{ id: string }>
  /** Tells the sender of a message that it has arrived, was read, or (a voice note) was listened to. */
  receipt(messageId: string, type: 'delivered' | 'read' | 'played'): Promise<void>
}

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
  say(to: string, text: string): Promise<{ id: string }>
  sayIn(groupId: string, text: string): Promise<{ id: string }>
  /** Unlinks the session, as a person does under "Linked devices". */
  logOut(): Promise<void>
  /** Cuts the connection of the session without a word. */
  drop(): Promise<void>
}
