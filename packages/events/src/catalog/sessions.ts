import { z } from 'zod'
import { defineEvent } from './define.ts'
import { me } from './message-samples.ts'
import { isoTime, person } from './person.ts'

/** Every state a session can be in. */
export const sessionStatuses = [
  'created',
  'connecting',
  'qr',
  'pairing',
  'syncing',
  'connected',
  'reconnecting',
  'qr_expired',
  'logged_out',
  'banned',
  'failed',
] as const
export type SessionStatus = (typeof sessionStatuses)[number]
const sessionStatus = z.enum(sessionStatuses)

const network = z
  .enum(['whatsapp', 'sandbox'])
  .describe('`sandbox` is the simulated WhatsApp: nothing of it reaches a real phone.')

/** The events about a linked number and its connection. */
export const sessionEvents = [
  defineEvent({
    type: 'session.status',
    category: 'sessions',
    title: 'Session changed state',
    description:
      'A session changed state. Debounced: a connection that flickers tells where it settled, not every step. `final: true` means that it will not come back without somebody’s help.',
    since: '0.1.0',
    data: z.strictObject({
      status: sessionStatus.describe('The state it is in now.'),
      previous: sessionStatus.optional().describe('The state reported before this one.'),
      reason: z.string().nullable().describe('Why, one sentence for people.'),
      code: z.int().optional().describe('WhatsApp’s disconnect code, when there is one.'),
      final: z.boolean().describe('Whether it stays so until somebody acts.'),
      retryAt: isoTime.optional().describe('When the next attempt to connect is due.'),
      network,
      name: z.string().describe('The name the session was given.'),
      me: person.optional().describe('The linked account, once it is known.'),
      pushName: z.string().optional().describe('The name of the linked account.'),
    }),
    samples: {
      connected: {
        status: 'connected',
        previous: 'syncing',
        reason: null,
        final: false,
        network: 'whatsapp',
        name: 'Shop',
        me,
        pushName: 'The Lamp Shop',
      },
      reconnecting: {
        status: 'reconnecting',
        previous: 'connected',
        reason: 'WhatsApp closed the connection; trying again.',
        code: 428,
        final: false,
        retryAt: '2026-11-23T12:00:02.000Z',
        network: 'whatsapp',
        name: 'Shop',
        me,
      },
      loggedOut: {
        status: 'logged_out',
        previous: 'connected',
        reason: 'The device was removed on the phone. Link it again.',
        code: 401,
        final: true,
        network: 'whatsapp',
        name: 'Shop',
      },
    },
  }),
  defineEvent({
    type: 'session.stalled',
    category: 'sessions',
    title: 'Session is connected but silent',
    description:
      'A session claims to be connected, but nothing has arrived for far longer than is usual for it, or WhatsApp no longer confirms what it sends. Says what the gateway does about it.',
    since: '0.1.0',
    data: z.strictObject({
      reason: z
        .enum(['silent', 'unacknowledged'])
        .describe('`silent`: nothing arrives. `unacknowledged`: sent messages are not confirmed.'),
      since: isoTime.describe('Since when.'),
      expectedSeconds: z.number().min(0).optional().describe('The longest silence this session is used to.'),
      action: z.enum(['reconnect', 'none']).describe('What the gateway does now.'),
      detail: z.string().describe('One sentence for people.'),
    }),
    samples: {
      silent: {
        reason: 'silent',
        since: '2026-11-23T09:00:00.000Z',
        expectedSeconds: 1800,
        action: 'reconnect',
        detail: 'Nothing has arrived for three hours; this session is rarely silent for 30 minutes.',
      },
      unacknowledged: {
        reason: 'unacknowledged',
        since: '2026-11-23T11:58:00.000Z',
        action: 'none',
        detail: 'Three messages sent since 11:58 are not confirmed, also after reconnecting.',
      },
    },
  }),
  defineEvent({
    type: 'qrcode.updated',
    category: 'sessions',
    title: 'QR code to scan',
    description:
      'A new QR code to link the number with; the one before is worthless. Stops with `session.status` `qr_expired` when nobody scans.',
    since: '0.1.0',
    data: z.strictObject({
      qr: z.string().describe('The text to draw as a QR code.'),
      expiresAt: isoTime.describe('When WhatsApp stops accepting it.'),
      attempt: z.int().min(1).describe('Counts the codes of this attempt to link.'),
    }),
    samples: {
      first: {
        qr: 'https://wa.me/settings/linked_devices#2@EXAMPLE,bm9pc2U=,aWRlbnRpdHk=,YWR2,1',
        expiresAt: '2026-11-23T12:01:00.000Z',
        attempt: 1,
      },
    },
  }),
  defineEvent({
    type: 'history.sync',
    category: 'sessions',
    title: 'History synchronisation',
    description:
      'Progress of the first synchronisation after linking: how much came, not what. Messages of the past are not delivered as events.',
    since: '0.1.0',
    data: z.strictObject({
      kind: z
        .enum(['initial', 'recent', 'full', 'push_names', 'on_demand', 'other'])
        .describe('Which part of the history this batch belongs to.'),
      progress: z.number().min(0).max(100).nullable().describe('Percent, when WhatsApp tells.'),
      chats: z.int().min(0).describe('Chats in this batch.'),
      contacts: z.int().min(0).describe('Contacts in this batch.'),
      messages: z.int().min(0).describe('Messages in this batch.'),
      complete: z.boolean().describe('Whether this was the last batch.'),
    }),
    samples: {
      progress: { kind: 'recent', progress: 45, chats: 120, contacts: 310, messages: 5200, complete: false },
      complete: { kind: 'push_names', progress: null, chats: 0, contacts: 280, messages: 0, complete: true },
    },
  }),
] as const
