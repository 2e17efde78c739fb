import type { Chat } from './deeds.ts'
import type { Account } from './server/account.ts'
import { type Change, changeAppState } from './server/app-state-patches.ts'
import { placeAt } from './server/chat.ts'
import type { Network } from './server/network.ts'
import { pushNotice } from './server/notice.ts'
import { createMessageId } from './server/send.ts'
import { node, seconds } from './wire/nodes.ts'

/** What the owner does in the app besides writing. All resolve when the linked devices are told, or will be. */
export type PhoneApp = {
  /** Null: no longer. */
  mute(chat: Chat, until: Date | null): Promise<void>
  pin(chat: Chat, on: boolean): Promise<void>
  archive(chat: Chat, on: boolean): Promise<void>
  /** False marks it as unread. */
  markRead(chat: Chat, read: boolean): Promise<void>
  deleteChat(chat: Chat): Promise<void>
  /** Deletes a message on the account's own devices alone. */
  deleteForMe(chat: Chat, messageId: string): Promise<void>
  /** Saves somebody in the address book. */
  saveContact(who: { jid: string; lid: string }, name: string): Promise<void>
  /** Makes, changes or deletes a label of a business account. */
  editLabel(label: { id: string; name: string; color: number; deleted?: boolean }): Promise<void>
  /** Puts a label on a chat, or on one of its messages, or takes it off. */
  label(chat: Chat, labelId: string, on: boolean, messageId?: string): Promise<void>
  block(who: { jid: string }, on: boolean): Promise<void>
}

export function createPhoneApp(network: Network, account: Account): PhoneApp {
  const change = (
    collection: Change['collection'],
    index: string[],
    action: Change['action'],
    apiVersion = 2,
  ) => changeAppState(account, { collection, index, action, apiVersion })
  const isOwn = (id: string) =>
    account.sent.has(id) || account.echoes.all.some(each => each.id === id) ? '1' : '0'

  return {
    mute: ({ jid }, until) =>
      change('regular_high', ['mute', jid], {
        muteAction: { muted: until !== null, muteEndTimestamp: until?.getTime() ?? 0 },
      }),
    pin: ({ jid }, pinned) => change('regular_low', ['pin_v1', jid], { pinAction: { pinned } }, 5),
    archive: ({ jid }, archived) =>
      change('regular_low', ['archive', jid], { archiveChatAction: { archived } }, 3),
    markRead: ({ jid }, read) =>
      change('regular_low', ['markChatAsRead', jid], { markChatAsReadAction: { read } }, 3),
    deleteChat: ({ jid }) => change('regular_high', ['deleteChat', jid, '1'], { deleteChatAction: {} }, 6),
    deleteForMe: ({ jid }, id) =>
      change(
        'regular_high',
        ['deleteMessageForMe', jid, id, isOwn(id), '0'],
        { deleteMessageForMeAction: { deleteMedia: false } },
        3,
      ),
    saveContact: ({ jid, lid }, fullName) =>
      change('critical_unblock_low', ['contact', jid], { contactAction: { fullName, lidJid: lid } }),
    editLabel: ({ id, name, color, deleted = false }) =>
      change('regular', ['label_edit', id], { labelEditAction: { name, color, deleted } }, 3),
    label: ({ jid }, labelId, labeled, messageId) =>
      change(
        'regular',
        messageId ? ['label_message', labelId, jid, messageId, '0', '0'] : ['label_jid', labelId, jid],
        { labelAssociationAction: { labeled } },
        3,
      ),
    async block(who, on) {
      const { person } = placeAt(network, who.jid)
      const item = node('item', { jid: person?.jid, action: on ? 'block' : 'unblock' })
      const attrs = { from: account.jid, type: 'account_sync', id: createMessageId(), t: seconds() }
      const notice = node('notification', attrs, [node('blocklist', {}, [item])])
      await pushNotice([...account.companions.values()], notice)
    },
  }
}
