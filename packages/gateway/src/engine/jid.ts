/**
 * WhatsApp addresses. The only file of the gateway that spells their servers.
 * A person has two: one made of the phone number (PN, `…@s.whatsapp.net`) and one that hides it (LID, `…@lid`).
 */
const pnServer = 's.whatsapp.net'
const lidServer = 'lid'
const groupServer = 'g.us'
const newsletterServer = 'newsletter'

/** Where all contacts' statuses (stories) arrive; a chat in name only. */
export const statusJid = 'status@broadcast'

export type ChatKind = 'personal' | 'group' | 'newsletter' | 'status' | 'broadcast' | 'other'

/** Somebody on WhatsApp by every identifier known; `phone` is E.164 with the plus. */
export type Person = { jid: string; lid?: string; phone?: string }

/** What the sender may be known by elsewhere: the other address of a person, or undefined. */
export type OtherAddress = (jid: string) => string | undefined

const kinds: Record<string, ChatKind> = {
  [pnServer]: 'personal',
  'c.us': 'personal',
  hosted: 'personal',
  [lidServer]: 'personal',
  'hosted.lid': 'personal',
  bot: 'personal',
  [groupServer]: 'group',
  [newsletterServer]: 'newsletter',
  broadcast: 'broadcast',
}

/** What kind of chat an address names. */
export function chatKind(jid: string): ChatKind {
  if (jid === statusJid) return 'status'
  return kinds[serverOf(jid)] ?? 'other'
}

/** The address without device and agent: `15550100:7@s.whatsapp.net` is `15550100@s.whatsapp.net`. */
export function bareJid(jid: string): string {
  const at = jid.indexOf('@')
  if (at < 0) return jid
  const user = jid.slice(0, at).replace(/[:_].*$/, '')
  const server = jid.slice(at + 1)
  return `${user}@${server === 'c.us' ? pnServer : server}`
}

/** Whether a text a stranger wrote where an address belongs is one at all. */
export function isAddress(text: string): boolean {
  return /^[^\s@:]+@[a-z.]+$/.test(bareJid(text))
}

export function isLid(jid: string): boolean {
  return serverOf(jid) === lidServer || serverOf(jid) === 'hosted.lid'
}

export function isPn(jid: string): boolean {
  return [pnServer, 'c.us', 'hosted'].includes(serverOf(jid))
}

/** `+15550100` of `15550100@s.whatsapp.net`; undefined for everything that is not a phone number. */
export function phoneOf(jid: string): string | undefined {
  const user = bareJid(jid).split('@')[0] ?? ''
  return isPn(jid) && /^[1-9]\d{1,14}$/.test(user) ? `+${user}` : undefined
}

/**
 * One person out of one address and, where known, the other. The phone number's address wins the `jid`,
 * because receivers keep customers by number; a LID stands there only when the number is hidden from us.
 */
export function person(jid: string, other: string | undefined): Person {
  const both = [jid, other].filter(address => address !== undefined).map(bareJid)
  const pn = both.find(isPn)
  const lid = both.find(isLid)
  const phone = pn && phoneOf(pn)
  return { jid: pn ?? lid ?? bareJid(jid), ...(lid && { lid }), ...(phone && { phone }) }
}

/** Where a message may be sent: an address WhatsApp knows already, or a number that must be looked up first. */
export type Recipient = { kind: 'address'; jid: string } | { kind: 'phone'; jid: string; phone: string }

/**
 * Reads what a user wrote as recipient: `+1 555-0100`, `15550100`, `15550100@s.whatsapp.net`, a LID or a group.
 * Null when it is none of these. Digits only count as a number in international form, without leading zeros.
 */
export function parseRecipient(input: string): Recipient | null {
  const text = input.trim()
  if (!text.includes('@')) return numberRecipient(text)
  const jid = bareJid(text)
  if (isPn(jid)) return numberRecipient(jid.slice(0, jid.indexOf('@')))
  const known =
    (isLid(jid) && /^\d+@/.test(jid)) || /^[\d-]+@g\.us$/.test(jid) || /^\d+@newsletter$/.test(jid)
  return known ? { kind: 'address', jid } : null
}

function numberRecipient(text: string): Recipient | null {
  const digits = text.replace(/[\s().-]/g, '').replace(/^\+|^00/, '')
  // E.164 allows 15 digits; the shortest numbers in use, country code included, have 7.
  if (!/^[1-9]\d{6,14}$/.test(digits)) return null
  return { kind: 'phone', jid: `${digits}@${pnServer}`, phone: `+${digits}` }
}

function serverOf(jid: string): string {
  return jid.slice(jid.lastIndexOf('@') + 1)
}
