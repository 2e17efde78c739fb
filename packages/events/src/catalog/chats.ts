import { z } from 'zod'
import { defineEvent } from './define.ts'
import { ann, ben, group } from './message-samples.ts'
import { identity, isoTime, jid, person, unixSeconds } from './person.ts'

const chat = {
  ...identity,
  kind: z.enum(['personal', 'group', 'newsletter', 'broadcast']).describe('What kind of chat it is.'),
  name: z.string().optional().describe('The name of the chat on the phone.'),
  unreadCount: z
    .int()
    .min(0)
    .optional()
    .describe('How many messages are unread: the count itself, not a change.'),
  markedUnread: z.boolean().optional().describe('Marked as unread by hand.'),
  archived: z.boolean().optional().describe('Whether it is archived.'),
  pinned: z.boolean().optional().describe('Whether it is pinned to the top.'),
  mutedUntil: isoTime.nullable().optional().describe('Until when it is muted; null when it is not.'),
  locked: z.boolean().optional().describe('Behind the phone’s chat lock.'),
  lastMessageTimestamp: unixSeconds.optional().describe('When the last message was, in unix seconds.'),
}

const presence = z.enum(['online', 'offline', 'typing', 'recording']).describe('What they are doing.')

/** The events about the list of chats and what the people in them are doing. */
export const chatEvents = [
  defineEvent({
    type: 'chats.upsert',
    category: 'chats',
    title: 'New chat',
    description:
      'A chat appeared: this number joined a group. New personal chats are not told yet; their first message is.',
    since: '0.1.0',
    data: z.strictObject(chat),
    samples: {
      personal: {
        ...ann,
        kind: 'personal',
        name: 'Ann',
        unreadCount: 1,
        lastMessageTimestamp: 1_795_435_200,
      },
      group: { jid: group, kind: 'group', name: 'Lamp friends', unreadCount: 0 },
    },
  }),
  defineEvent({
    type: 'chats.update',
    category: 'chats',
    title: 'Chat changed',
    description:
      'A chat was read, archived, pinned or muted on one of the account’s devices. Carries only the fields that changed, besides who it is.',
    since: '0.1.0',
    data: z.strictObject(chat),
    samples: {
      unread: { ...ann, kind: 'personal', unreadCount: 3, lastMessageTimestamp: 1_795_435_200 },
      muted: { jid: group, kind: 'group', mutedUntil: '2026-11-30T12:00:00.000Z' },
    },
  }),
  defineEvent({
    type: 'chats.delete',
    category: 'chats',
    title: 'Chat deleted',
    description: 'A chat was deleted from the list, on one of the account’s devices.',
    since: '0.1.0',
    data: z.strictObject({ ...identity, kind: chat.kind }),
    samples: { personal: { ...ann, kind: 'personal' } },
  }),
  defineEvent({
    type: 'presence.update',
    category: 'chats',
    title: 'Online, typing, recording',
    description:
      'Somebody came online, went offline, types or records. WhatsApp shows this only to accounts that are online themselves, so it needs the setting `always_online`; then the chats in which somebody writes are watched. Not told of people who hide it.',
    since: '0.1.0',
    data: z.strictObject({
      from: jid.describe('The chat it was seen in.'),
      isGroup: z.boolean().describe('Whether the chat is a group.'),
      participant: person.describe('Who it is.'),
      presence,
      lastSeenAt: isoTime.optional().describe('When they were last online, if they show it.'),
    }),
    samples: {
      typing: { from: ann.jid, isGroup: false, participant: ann, presence: 'typing' },
      offline: {
        from: ann.jid,
        isGroup: false,
        participant: ann,
        presence: 'offline',
        lastSeenAt: '2026-11-23T11:55:00.000Z',
      },
      recordingInGroup: { from: group, isGroup: true, participant: ben, presence: 'recording' },
    },
  }),
  defineEvent({
    type: 'labels.edit',
    category: 'chats',
    title: 'Label edited',
    description: 'A label of a business account was made, renamed, recoloured or deleted.',
    since: '0.1.0',
    data: z.strictObject({
      labelId: z.string().describe('The label.'),
      name: z.string().describe('What it says.'),
      color: z.int().min(0).describe('WhatsApp’s number of the colour, 0 to 19.'),
      deleted: z.boolean().describe('Whether it is gone.'),
    }),
    samples: {
      edited: { labelId: '5', name: 'Paid', color: 3, deleted: false },
      deleted: { labelId: '5', name: 'Paid', color: 3, deleted: true },
    },
  }),
  defineEvent({
    type: 'labels.association',
    category: 'chats',
    title: 'Label put on or taken off',
    description: 'A label was put on a chat or a message of a business account, or taken off.',
    since: '0.1.0',
    data: z.strictObject({
      action: z.enum(['add', 'remove']).describe('`add` puts it on, `remove` takes it off.'),
      labelId: z.string().describe('The label.'),
      from: jid.describe('The chat.'),
      messageId: z.string().optional().describe('The message, when the label is on a message.'),
    }),
    samples: {
      chat: { action: 'add', labelId: '5', from: ann.jid },
      message: { action: 'remove', labelId: '5', from: ann.jid, messageId: '3EB0A1B2C3D4E5F60718' },
    },
  }),
] as const
