import type { EventDraft } from '@waxwing/events/event-id'
import type { MessageUserReceiptUpdate, WAMessageUpdate } from 'baileys'
import { draft, secondsOf, type TranslationContext } from './context.ts'
import { known, messageRef, wireAddress, wireKey } from './key.ts'

const words = ['error', 'pending', 'server', 'delivered', 'read', 'played'] as const

/** What WhatsApp means by refusing a message, for people. */
const refusals: Record<string, string> = {
  '463': 'WhatsApp restricts this account from starting new chats.',
  '479': 'WhatsApp could not use the keys this message was encrypted with.',
}

/**
 * How far messages came. WhatsApp leaves out steps: who reads at once may never be told as delivered. Edits, deletions
 * and stars come through the same event and are left alone here. Pure.
 */
export function translateUpdates(updates: WAMessageUpdate[], context: TranslationContext): EventDraft[] {
  return updates.flatMap(update => translateUpdate(update, context))
}

function translateUpdate({ key, update }: WAMessageUpdate, context: TranslationContext): EventDraft[] {
  const ref = messageRef(key, context)
  const word = typeof update.status === 'number' ? words[update.status] : undefined
  if (!ref || !word) return []
  const { messageId, from, fromMe, isGroup } = ref
  const timestamp = secondsOf(update.messageTimestamp, context.now)
  const about = { messageId, from, fromMe, isGroup }
  const fact = {
    at: new Date(timestamp * 1000),
    chat: from,
    naturalKey: [...wireKey(key), word],
  }
  if (word === 'error') {
    const code = String(update.messageStubParameters?.[0] ?? 'unknown')
    const detail = refusals[code] ?? `WhatsApp refused the message with code ${code}.`
    return [draft('message.failed', { ...about, to: from, timestamp, code, detail }, fact, context)]
  }
  // In a personal chat the reader of our message is the other side; of theirs it is another device of ours.
  const reader =
    fromMe && ref.kind === 'personal' ? known(key.remoteJid ?? from, key.remoteJidAlt, context) : undefined
  const status = { status: word, statusCode: words.indexOf(word), ...(reader && { participant: reader }) }
  return [draft('messages.update', { ...about, ...status, timestamp }, fact, context)]
}

/** Who of a group got, read or played a message. One receipt may carry several of these times. Pure. */
export function translateReceipts(
  updates: MessageUserReceiptUpdate[],
  context: TranslationContext,
): EventDraft[] {
  return updates.flatMap(({ key, receipt }) => {
    const ref = messageRef(key, context)
    if (!ref || ref.kind === 'status' || !receipt.userJid) return []
    const reader = known(receipt.userJid, key.participantAlt, context)
    const { messageId, from, fromMe, isGroup } = ref
    const steps = [
      ['delivered', receipt.receiptTimestamp],
      ['read', receipt.readTimestamp],
      ['played', receipt.playedTimestamp],
    ] as const
    return steps
      .filter(([, time]) => time !== null && time !== undefined)
      .map(([status, time]) => {
        const timestamp = secondsOf(time, context.now)
        const fact = {
          at: new Date(timestamp * 1000),
          chat: from,
          naturalKey: [...wireKey(key), wireAddress(receipt.userJid ?? '', key.participantAlt), status],
        }
        const data = { messageId, from, fromMe, isGroup, participant: reader, status, timestamp }
        return draft('message-receipt.update', data, fact, context)
      })
  })
}
