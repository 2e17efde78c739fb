import type { AnyMessageContent, MiscMessageGenerationOptions, proto, WAMessageKey } from 'baileys'
import type { MessageContent, MessageTarget, Quotation } from '../stream/message-content.ts'
import { parseRecipient } from './jid.ts'
import { type OpenFile, withFileToSend } from './media/outgoing.ts'

/** What Baileys is given to send. */
export type Composed = { message: AnyMessageContent; options: MiscMessageGenerationOptions }

/** Somebody is named in a way that is neither a phone number nor an address. */
export class NotSomebody extends Error {
  override name = 'NotSomebody'
}

/**
 * Writes a message for the chat `jid` as Baileys wants it. Throws NotSomebody, and FileGone.
 * @param sent What this session sent under a key, while it is remembered.
 */
export async function compose(
  content: MessageContent,
  jid: string,
  sent: (key: WAMessageKey) => Promise<proto.IMessage | undefined>,
  openFile: OpenFile,
): Promise<Composed> {
  const message = 'file' in content ? await withFileToSend(content, openFile) : messageOf(content, jid)
  const quoted = 'quoted' in content ? content.quoted : undefined
  return { message, options: quoted ? { quoted: await quotedMessage(quoted, jid, sent) } : {} }
}

function messageOf(content: Exclude<MessageContent, { file: object }>, jid: string): AnyMessageContent {
  // A preview would make this process fetch whatever link the text contains.
  const linkPreview = null
  switch (content.type) {
    case 'text': {
      const mentions = content.mentions?.map(addressOf)
      return { text: content.text, linkPreview, ...(mentions && { mentions }) }
    }
    case 'location': {
      const { latitude, longitude, name, address } = content
      const place = { ...(name && { name }), ...(address && { address }) }
      return { location: { degreesLatitude: latitude, degreesLongitude: longitude, ...place } }
    }
    case 'contact':
      return { contacts: cards(content.contacts) }
    case 'poll': {
      const { question: name, options: values, selectableCount } = content
      return { poll: { name, values, selectableCount } }
    }
    case 'reaction':
      return { react: { key: keyOf(content.target, jid), text: content.emoji } }
    case 'edit':
      return {
        text: content.text,
        linkPreview,
        edit: keyOf({ messageId: content.messageId, fromMe: true }, jid),
      }
    case 'delete':
      return { delete: keyOf(content.target, jid) }
  }
}

function keyOf({ messageId, fromMe, participant }: MessageTarget, remoteJid: string): WAMessageKey {
  return { remoteJid, id: messageId, fromMe, ...(participant && { participant: addressOf(participant) }) }
}

/** What is quoted travels along: ours as we sent it, of others as much as the caller shows. */
async function quotedMessage(
  quoted: Quotation,
  jid: string,
  sent: (key: WAMessageKey) => Promise<proto.IMessage | undefined>,
): Promise<proto.IWebMessageInfo & { key: WAMessageKey }> {
  const key = keyOf(quoted, jid)
  const own = quoted.fromMe ? await sent(key) : undefined
  return { key, message: own ?? { conversation: quoted.body } }
}

function addressOf(somebody: string): string {
  const recipient = parseRecipient(somebody)
  if (!recipient) throw new NotSomebody(`“${somebody}” is neither a phone number nor a WhatsApp address.`)
  return recipient.jid
}

type Card = { name: string; phones: string[] }

function cards(contacts: Card[]) {
  const [first, ...others] = contacts
  const displayName = others.length === 0 ? (first?.name ?? '') : `${contacts.length} contacts`
  return { displayName, contacts: contacts.map(card => ({ displayName: card.name, vcard: vcardOf(card) })) }
}

/** `waid` makes WhatsApp show a button to write to the number. */
function vcardOf({ name, phones }: Card): string {
  const numbers = phones.map(phone => {
    const recipient = parseRecipient(phone)
    const account = recipient?.kind === 'phone' ? `;waid=${recipient.phone.slice(1)}` : ''
    return `TEL;type=CELL${account}:${escaped(phone)}`
  })
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${escaped(name)};;;`,
    `FN:${escaped(name)}`,
    ...numbers,
    'END:VCARD',
  ].join('\n')
}

/** RFC 2426: what would end a field, or begin another line. */
function escaped(text: string): string {
  return text.replace(/[\\;,]/g, '\\$&').replace(/\r?\n|\r/g, '\\n')
}
