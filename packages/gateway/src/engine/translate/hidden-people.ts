import type { BaileysEventMap, WAMessageKey } from 'baileys'
import { bareJid, isLid } from '../jid.ts'
import { readMessage } from '../message/read.ts'
import { peopleOf } from './groups-joined.ts'

/** Everybody in these events who is named by a LID alone: their numbers must be looked up before translating. */
export function hiddenPeople(events: Partial<BaileysEventMap>): Set<string> {
  const found = new Set<string>()
  const note = (jid: string | null | undefined, alt?: string | null) => {
    if (jid && !alt && isLid(jid)) found.add(bareJid(jid))
  }
  const noteKey = (key: WAMessageKey) => {
    note(key.remoteJid, key.remoteJidAlt)
    note(key.participant, key.participantAlt)
  }
  for (const message of events['messages.upsert']?.messages ?? []) {
    noteKey(message.key)
    const context = contextOf(message)
    note(context?.participant)
    for (const jid of context?.mentionedJid ?? []) note(jid)
  }
  for (const { key } of events['messages.update'] ?? []) noteKey(key)
  for (const { key, receipt } of events['message-receipt.update'] ?? []) {
    noteKey(key)
    note(receipt.userJid)
  }
  for (const jid of Object.keys(events['presence.update']?.presences ?? {})) note(jid)
  for (const { id } of events['chats.update'] ?? []) note(id)
  for (const jid of events['chats.delete'] ?? []) note(jid)
  for (const jid of events['blocklist.update']?.blocklist ?? []) note(jid)
  for (const { id, lid, phoneNumber } of events['contacts.upsert'] ?? [])
    note(id, phoneNumber ?? (lid === id ? null : lid))
  for (const group of events['groups.upsert'] ?? [])
    for (const { jid, other } of peopleOf(group)) note(jid, other)
  const deleted = events['messages.delete']
  for (const key of deleted && 'keys' in deleted ? deleted.keys : []) noteKey(key)
  return found
}

/** A message that cannot be read is reported by its translation, not here. */
function contextOf(message: BaileysEventMap['messages.upsert']['messages'][number]) {
  try {
    return readMessage(message.message)?.context
  } catch {
    return undefined
  }
}

/** Both addresses of everybody these events name by both: what later events, which name them by one, are told with. */
export function knownPeople(events: Partial<BaileysEventMap>): [string, string][] {
  const keys = (events['messages.upsert']?.messages ?? []).map(message => message.key)
  const inKeys = keys.flatMap(key => [
    { jid: key.remoteJid, other: key.remoteJidAlt },
    { jid: key.participant, other: key.participantAlt },
  ])
  const inGroups = (events['groups.upsert'] ?? []).flatMap(peopleOf)
  return [...inKeys, ...inGroups].flatMap(({ jid, other }) =>
    jid && other ? [[bareJid(jid), bareJid(other)] as [string, string]] : [],
  )
}
