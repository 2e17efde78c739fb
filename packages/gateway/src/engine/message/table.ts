import type { proto } from 'baileys'
import { readCalendarEvent } from './calendar.ts'
import { readContact, readContacts } from './cards.ts'
import {
  readButtonReply,
  readButtons,
  readInteractive,
  readInteractiveReply,
  readList,
  readListReply,
  readTemplate,
  readTemplateReply,
} from './choices.ts'
import { readGroupInvite } from './invitations.ts'
import { readAudio, readDocument, readImage, readSticker, readVideo } from './media.ts'
import { readLiveLocation, readLocation } from './places.ts'
import { readPoll } from './polls.ts'
import { type ReadContent, readReaction, readText, readTextWithPreview } from './text.ts'
import { readOrder, readProduct } from './trade.ts'

type Field = keyof Required<proto.IMessage>
type ValueOf<K extends Field> = NonNullable<proto.IMessage[K]>

/** What one field of WhatsApp's message means to a reader. */
export type MessageRow<K extends Field = Field> =
  | { kind: 'content'; read: (value: ValueOf<K>) => ReadContent }
  /** A person's message of a kind this version does not read: told as `unknown`, with the field's name. */
  | { kind: 'unread' }
  /** An envelope around another message. */
  | { kind: 'wrapper' }
  /** Not a message: it changes, protects or accompanies one. The reason is for whoever misses it. */
  | { kind: 'silent'; reason: string }

const content = <K extends Field>(read: (value: ValueOf<K>) => ReadContent): MessageRow<K> => ({
  kind: 'content',
  read,
})
const unread = { kind: 'unread' } as const
const wrapper = { kind: 'wrapper' } as const
const silent = (reason: string) => ({ kind: 'silent', reason }) as const

const keys = 'key material: it must never leave the engine'
const changes = 'changes an earlier message; it has an event of its own, or none yet, but is no message'

/**
 * Every field a message can have, and what becomes of it. When Baileys learns a new one the build fails here until
 * somebody decides.
 */
export const messageTable = {
  conversation: content<'conversation'>(readText),
  extendedTextMessage: content<'extendedTextMessage'>(readTextWithPreview),
  reactionMessage: content<'reactionMessage'>(readReaction),

  ephemeralMessage: wrapper,
  viewOnceMessage: wrapper,
  viewOnceMessageV2: wrapper,
  viewOnceMessageV2Extension: wrapper,
  documentWithCaptionMessage: wrapper,
  deviceSentMessage: wrapper,
  groupMentionedMessage: wrapper,
  botInvokeMessage: wrapper,
  botForwardedMessage: wrapper,
  botTaskMessage: wrapper,
  lottieStickerMessage: wrapper,
  associatedChildMessage: wrapper,
  groupStatusMessage: wrapper,
  groupStatusMessageV2: wrapper,
  pollCreationMessageV4: wrapper,
  pollCreationOptionImageMessage: wrapper,
  eventCoverImage: wrapper,
  questionMessage: wrapper,
  questionReplyMessage: wrapper,
  limitSharingMessage: wrapper,
  editedMessage: wrapper,

  imageMessage: content<'imageMessage'>(readImage),
  videoMessage: content<'videoMessage'>(readVideo),
  ptvMessage: content<'ptvMessage'>(readVideo),
  audioMessage: content<'audioMessage'>(readAudio),
  documentMessage: content<'documentMessage'>(readDocument),
  stickerMessage: content<'stickerMessage'>(readSticker),
  stickerPackMessage: unread,
  albumMessage: unread,
  locationMessage: content<'locationMessage'>(readLocation),
  liveLocationMessage: content<'liveLocationMessage'>(readLiveLocation),
  contactMessage: content<'contactMessage'>(readContact),
  contactsArrayMessage: content<'contactsArrayMessage'>(readContacts),
  pollCreationMessage: content<'pollCreationMessage'>(readPoll),
  pollCreationMessageV2: content<'pollCreationMessageV2'>(readPoll),
  pollCreationMessageV3: content<'pollCreationMessageV3'>(readPoll),
  pollCreationMessageV5: content<'pollCreationMessageV5'>(readPoll),
  pollResultSnapshotMessage: unread,
  pollResultSnapshotMessageV3: unread,
  eventMessage: content<'eventMessage'>(readCalendarEvent),
  productMessage: content<'productMessage'>(readProduct),
  orderMessage: content<'orderMessage'>(readOrder),
  invoiceMessage: unread,
  listMessage: content<'listMessage'>(readList),
  listResponseMessage: content<'listResponseMessage'>(readListReply),
  buttonsMessage: content<'buttonsMessage'>(readButtons),
  buttonsResponseMessage: content<'buttonsResponseMessage'>(readButtonReply),
  templateMessage: content<'templateMessage'>(readTemplate),
  templateButtonReplyMessage: content<'templateButtonReplyMessage'>(readTemplateReply),
  highlyStructuredMessage: unread,
  interactiveMessage: content<'interactiveMessage'>(readInteractive),
  interactiveResponseMessage: content<'interactiveResponseMessage'>(readInteractiveReply),
  richResponseMessage: unread,
  groupInviteMessage: content<'groupInviteMessage'>(readGroupInvite),
  newsletterAdminInviteMessage: unread,
  newsletterFollowerInviteMessageV2: unread,
  sendPaymentMessage: unread,
  requestPaymentMessage: unread,
  declinePaymentRequestMessage: unread,
  cancelPaymentRequestMessage: unread,
  paymentInviteMessage: unread,
  requestPhoneNumberMessage: unread,
  scheduledCallCreationMessage: unread,
  call: unread,
  callLogMesssage: unread,
  bcallMessage: unread,
  commentMessage: unread,
  questionResponseMessage: unread,

  protocolMessage: silent(`${changes}; some carry ${keys}`),
  senderKeyDistributionMessage: silent(keys),
  fastRatchetKeySenderKeyDistributionMessage: silent(keys),
  messageContextInfo: silent('accompanies the content of the same message'),
  pollUpdateMessage: silent('an encrypted vote: told as a tally, not as a message'),
  encReactionMessage: silent('an encrypted reaction that Baileys does not open'),
  encCommentMessage: silent('an encrypted comment that Baileys does not open'),
  encEventResponseMessage: silent('an encrypted answer to an invitation'),
  secretEncryptedMessage: silent(changes),
  keepInChatMessage: silent(changes),
  pinInChatMessage: silent(changes),
  scheduledCallEditMessage: silent(changes),
  chat: silent('a name for a chat that no client sends any more'),
  placeholderMessage: silent('stands for content that only the phone has'),
  stickerSyncRmrMessage: silent('a request between devices of one account'),
  messageHistoryBundle: silent('old messages for a new group member; history is not news'),
  messageHistoryNotice: silent('announces old messages; history is not news'),
  statusMentionMessage: silent('points to a status, which has an event of its own'),
  groupStatusMentionMessage: silent('points to a status, which has an event of its own'),
  statusNotificationMessage: silent('about a status, not a message'),
  statusAddYours: silent('about a status, not a message'),
  statusQuotedMessage: silent('about a status, not a message'),
  statusQuestionAnswerMessage: silent('about a status, not a message'),
  statusStickerInteractionMessage: silent('about a status, not a message'),
} as const satisfies { [K in Field]: MessageRow<K> }
