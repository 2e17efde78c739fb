import { z } from 'zod'
import { defineEvent } from './define.ts'
import { media } from './media.ts'
import { body, message, messageKind, messageReference } from './message.ts'
import {
  ann,
  ben,
  channelMessages,
  group,
  groupMessages,
  me,
  noon,
  ownMessages,
  personalMessages,
  reactionMessages,
  statusMessages,
} from './message-samples.ts'
import { jid, person, unixSeconds } from './person.ts'

const messageId = '3EB0C0FFEE0011223344'
const aboutOwn = { messageId, from: ann.jid, fromMe: true, isGroup: false }
const aboutAnns = { messageId: '3EB0A1B2C3D4E5F60718', from: ann.jid, fromMe: false, isGroup: false }
const to = jid.describe('The chat it went to. The same address as `from`.')

/** The events about messages: arriving, leaving, and what becomes of them. */
export const messageEvents = [
  defineEvent({
    type: 'messages.received',
    category: 'messages',
    title: 'Message received',
    description:
      'Somebody wrote to this number: in a personal chat, a group or a channel. Also fires for messages that waited at WhatsApp while the session was offline (`offline: true`). Never for what this number sends, nor for reactions, edits, deletions, votes or statuses, which have events of their own.',
    since: '0.1.0',
    default: true,
    data: message,
    samples: { ...personalMessages, ...groupMessages, ...channelMessages },
  }),
  defineEvent({
    type: 'messages-personal.received',
    category: 'messages',
    title: 'Personal message received',
    description: 'As `messages.received`, only for messages in personal (one to one) chats.',
    since: '0.1.0',
    data: message,
    samples: { text: personalMessages.text, image: personalMessages.image },
  }),
  defineEvent({
    type: 'messages-group.received',
    category: 'messages',
    title: 'Group message received',
    description:
      'As `messages.received`, only for messages in groups; `participant` is the member who wrote.',
    since: '0.1.0',
    data: message,
    samples: groupMessages,
  }),
  defineEvent({
    type: 'messages-newsletter.received',
    category: 'messages',
    title: 'Channel post received',
    description: 'As `messages.received`, only for posts of channels (newsletters) that this number follows.',
    since: '0.1.0',
    data: message,
    samples: channelMessages,
  }),
  defineEvent({
    type: 'messages.upsert',
    category: 'messages',
    title: 'Any message, in or out',
    description:
      'Every message, received or sent, in the same format; `fromMe` tells the direction. Includes messages that are reactions. For an archive or a shared inbox; a bot that subscribes to it must not answer itself.',
    since: '0.1.0',
    data: message,
    samples: { received: personalMessages.text, sent: ownMessages.ownText, ...reactionMessages },
  }),
  defineEvent({
    type: 'message.sent',
    category: 'messages',
    title: 'Message sent',
    description:
      'A message left this number, through the API or typed on the phone or another linked device. WhatsApp may still refuse it (`message.failed`); its way to the reader follows as `messages.update`.',
    since: '0.1.0',
    data: z.intersection(
      message,
      z.strictObject({
        to,
        source: z
          .enum(['api', 'phone'])
          .describe('`phone` stands for every device of the account but this one.'),
      }),
    ),
    samples: {
      throughTheApi: { ...ownMessages.ownText, to: ann.jid, source: 'api' },
      onThePhone: { ...ownMessages.ownText, messageId: '3A0011223344556677AB', to: ann.jid, source: 'phone' },
    },
  }),
  defineEvent({
    type: 'message.failed',
    category: 'messages',
    title: 'Message refused',
    description: 'WhatsApp refused a message that this number sent. It will not be delivered.',
    since: '0.1.0',
    data: z.strictObject({
      ...messageReference,
      to,
      timestamp: unixSeconds.describe('When it was refused, in unix seconds.'),
      code: z.string().describe('WhatsApp’s code, for example `463`.'),
      detail: z.string().describe('What the code means, one sentence for people.'),
    }),
    samples: {
      refused: {
        ...aboutOwn,
        to: ann.jid,
        timestamp: noon,
        code: '463',
        detail: 'WhatsApp restricts this account from starting new chats.',
      },
    },
  }),
  defineEvent({
    type: 'message.waiting',
    category: 'messages',
    title: 'Message not readable yet',
    description:
      'A message arrived that cannot be decrypted yet; the sender’s phone has been asked to send it again. If it comes, `messages.received` follows with the same `messageId`.',
    since: '0.1.0',
    data: z.strictObject({
      ...messageReference,
      participant: person.describe('Who wrote it.'),
      timestamp: unixSeconds.describe('When it was sent, in unix seconds.'),
      pushName: z.string().optional().describe('The name the author chose for themselves.'),
    }),
    samples: { waiting: { ...aboutAnns, participant: ann, timestamp: noon, pushName: 'Ann' } },
  }),
  defineEvent({
    type: 'messages.update',
    category: 'messages',
    title: 'Message delivered or read',
    description:
      'A message went a step further: accepted by WhatsApp, delivered, read, played. Steps that follow closely are reported as the last one, so `read` may come without `delivered`. Also brings the `media` of a message whose file could not be downloaded at first.',
    since: '0.1.0',
    data: z.strictObject({
      ...messageReference,
      participant: person.optional().describe('Whose device reported it, when known.'),
      status: z
        .enum(['error', 'pending', 'server', 'delivered', 'read', 'played'])
        .optional()
        .describe('How far it came. Absent when only `media` is news.'),
      statusCode: z
        .int()
        .min(0)
        .max(5)
        .optional()
        .describe(
          'The same as a number that grows: 0 error, 1 pending, 2 server, 3 delivered, 4 read, 5 played.',
        ),
      media: media.optional().describe('The file, once a re-upload succeeded.'),
      timestamp: unixSeconds.describe('When it happened, in unix seconds.'),
    }),
    samples: {
      delivered: { ...aboutOwn, status: 'delivered', statusCode: 3, timestamp: noon + 6 },
      read: { ...aboutOwn, participant: ann, status: 'read', statusCode: 4, timestamp: noon + 9 },
      mediaArrived: { ...aboutAnns, media: personalMessages.image.media, timestamp: noon + 30 },
    },
  }),
  defineEvent({
    type: 'messages.edited',
    category: 'messages',
    title: 'Message edited',
    description: 'The author changed the text of a message. `messageId` is that of the original.',
    since: '0.1.0',
    data: z.strictObject({
      ...messageReference,
      participant: person.describe('Who edited it: its author.'),
      body: body.describe('The new text or caption.'),
      type: messageKind.describe('The kind of the message.'),
      timestamp: unixSeconds.describe('When it was edited, in unix seconds.'),
    }),
    samples: {
      text: {
        ...aboutAnns,
        participant: ann,
        body: 'Hello, is the green one still available?',
        type: 'text',
        timestamp: noon + 60,
      },
      caption: { ...aboutAnns, participant: ann, body: 'That one', type: 'image', timestamp: noon + 60 },
    },
  }),
  defineEvent({
    type: 'messages.delete',
    category: 'messages',
    title: 'Message deleted',
    description:
      'A message was deleted: for everyone, by its author or a group admin, or only for this account, on one of its devices.',
    since: '0.1.0',
    data: z.strictObject({
      ...messageReference,
      scope: z.enum(['everyone', 'me']).describe('For whom it is gone.'),
      participant: person.optional().describe('Who deleted it, when known.'),
      timestamp: unixSeconds.describe('When it was deleted, in unix seconds.'),
    }),
    samples: {
      everyone: { ...aboutAnns, scope: 'everyone', participant: ann, timestamp: noon + 90 },
      me: { ...aboutAnns, scope: 'me', participant: me, timestamp: noon + 90 },
    },
  }),
  defineEvent({
    type: 'messages.reaction',
    category: 'messages',
    title: 'Reaction',
    description: 'Somebody reacted to a message with an emoji, changed the reaction, or took it back.',
    since: '0.1.0',
    data: z.strictObject({
      ...messageReference,
      messageId: messageReference.messageId.describe('The message reacted to.'),
      fromMe: messageReference.fromMe.describe('Whether the message reacted to is this number’s.'),
      participant: person.describe('Who reacted.'),
      emoji: z.string().describe('The emoji; `""` when the reaction was taken back.'),
      removed: z.boolean().describe('Whether the reaction was taken back.'),
      timestamp: unixSeconds.describe('When, in unix seconds.'),
    }),
    samples: {
      set: { ...aboutOwn, participant: ann, emoji: '👍', removed: false, timestamp: noon + 20 },
      removed: { ...aboutOwn, participant: ann, emoji: '', removed: true, timestamp: noon + 40 },
    },
  }),
  defineEvent({
    type: 'message-receipt.update',
    category: 'messages',
    title: 'Receipt of one reader',
    description:
      'One member of a group received, read or played a message. Personal chats use `messages.update`.',
    since: '0.1.0',
    data: z.strictObject({
      ...messageReference,
      participant: person.describe('Whose receipt it is.'),
      status: z.enum(['delivered', 'read', 'played']).describe('How far it came with this person.'),
      timestamp: unixSeconds.describe('When, in unix seconds.'),
    }),
    samples: {
      delivered: {
        ...aboutOwn,
        from: group,
        isGroup: true,
        participant: ann,
        status: 'delivered',
        timestamp: noon + 6,
      },
      read: {
        ...aboutOwn,
        from: group,
        isGroup: true,
        participant: ben,
        status: 'read',
        timestamp: noon + 8,
      },
    },
  }),
  defineEvent({
    type: 'status.received',
    category: 'messages',
    title: 'Status of a contact',
    description:
      'A contact posted a status (story). `from` is `status@broadcast`, `participant` the contact. Statuses are never delivered as `messages.received`.',
    since: '0.1.0',
    data: message,
    samples: statusMessages,
  }),
] as const
