import type { proto } from 'baileys'
import { bareJid, parseRecipient } from '../jid.ts'
import type { Message, ReadContent } from './text.ts'

type Card = Extract<Message, { type: 'contacts' }>['contacts'][number]

/** One contact card. */
export function readContact(value: proto.Message.IContactMessage): ReadContent {
  const card = cardOf(value)
  return { body: card.name, content: { type: 'contact', contacts: [card] } }
}

/** Several contact cards in one message. */
export function readContacts(value: proto.Message.IContactsArrayMessage): ReadContent {
  const contacts = (value.contacts ?? []).map(cardOf)
  const body = value.displayName || contacts.map(card => card.name).join(', ')
  return { body, content: { type: 'contacts', contacts } }
}

function cardOf({ displayName, vcard }: proto.Message.IContactMessage): Card {
  const text = vcard ?? ''
  const written = /^FN[^:\n]*:(.*)$/im.exec(text)?.[1]?.trim()
  return { name: displayName || written || '', phones: phonesOf(text), vcard: text }
}

/** The numbers of a vCard; `waid` is WhatsApp's own parameter for those with an account. */
function phonesOf(vcard: string): Card['phones'] {
  return [...vcard.matchAll(/^(?:[\w-]+\.)?TEL([^:\n]*):(.*)$/gim)].map(
    ([, parameters = '', number = '']) => {
      const account = /waid=(\d+)/i.exec(parameters)?.[1]
      const recipient = account ? parseRecipient(account) : null
      return { number: number.trim(), ...(recipient && { jid: bareJid(recipient.jid) }) }
    },
  )
}
