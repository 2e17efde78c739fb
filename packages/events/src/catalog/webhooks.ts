import { z } from 'zod'
import { defineEvent } from './define.ts'
import { isoTime } from './person.ts'

const endpoint = {
  webhookId: z.string().describe('The webhook this is about.'),
  webhookName: z.string().describe('Its name.'),
  webhookUrl: z.url().describe('Its URL, without user, password and query, which may hold secrets.'),
}

/** Every way an attempt at a delivery can fail. A fixed list: stored, filtered by, and explained in the reference of errors. */
export const errorClasses = [
  'dns',
  'refused',
  'reset',
  'tls',
  'timeout',
  'blocked',
  'redirect',
  'http_4xx',
  'http_5xx',
  'too_slow',
  'invalid_response',
] as const
export type ErrorClass = (typeof errorClasses)[number]
const errorClass = z.enum(errorClasses).describe('What kind of failure.')

const orders = {
  webhookId: '6f1f4e5e-2f7b-4c58-9a53-0d6d2c1f7a10',
  webhookName: 'Orders',
  webhookUrl: 'https://orders.example.com/hook',
}

/** The events about delivering events. They go to the other webhooks that subscribe, never to the one they are about. */
export const webhookEvents = [
  defineEvent({
    type: 'webhook.ping',
    category: 'webhooks',
    title: 'Test',
    description:
      'Somebody pressed Test. Signed and sent as every event; answer with 2xx. Goes to the tested webhook, whatever it subscribes to.',
    since: '0.1.0',
    data: z.strictObject({
      webhookId: z.string().describe('The webhook tested.'),
      message: z.string().describe('A greeting.'),
    }),
    samples: {
      ping: { webhookId: orders.webhookId, message: 'Your webhook works: answer with 2xx and you are done.' },
    },
  }),
  defineEvent({
    type: 'webhook.disabled',
    category: 'webhooks',
    title: 'Webhook went down',
    description:
      'A webhook failed so often that it gets no more deliveries for now. Sent once per episode, to the other webhooks that subscribe. Its events are kept and can be replayed.',
    since: '0.1.0',
    data: z.strictObject({
      ...endpoint,
      state: z
        .enum(['suspended', 'disabled'])
        .describe('`suspended` comes back by itself when it answers again, `disabled` waits for somebody.'),
      since: isoTime.describe('When the episode began.'),
      reason: z.string().describe('One sentence for people.'),
      errorClass: errorClass.optional(),
      responseStatus: z.int().optional().describe('The last HTTP status it answered with.'),
    }),
    samples: {
      suspended: {
        ...orders,
        state: 'suspended',
        since: '2026-11-23T10:00:00.000Z',
        reason: 'It answered 410 Gone.',
        errorClass: 'http_4xx',
        responseStatus: 410,
      },
      disabled: {
        ...orders,
        state: 'disabled',
        since: '2026-11-16T12:00:00.000Z',
        reason: 'No connection for seven days.',
        errorClass: 'refused',
      },
    },
  }),
  defineEvent({
    type: 'webhook.recovered',
    category: 'webhooks',
    title: 'Webhook came back',
    description:
      'A webhook that was down answers again. Sent once per episode, to the other webhooks that subscribe.',
    since: '0.1.0',
    data: z.strictObject({
      ...endpoint,
      downSince: isoTime.describe('When the episode began.'),
      heldDeliveries: z
        .int()
        .min(0)
        .describe('How many deliveries waited and are sent now; 10,000 stands for more.'),
    }),
    samples: { recovered: { ...orders, downSince: '2026-11-23T10:00:00.000Z', heldDeliveries: 240 } },
  }),
  defineEvent({
    type: 'delivery.failed',
    category: 'webhooks',
    title: 'Delivery given up',
    description:
      'A delivery used up its attempts and is now a dead letter, which can be sent again through the API. Sent to the other webhooks that subscribe.',
    since: '0.1.0',
    data: z.strictObject({
      ...endpoint,
      deliveryId: z.string().describe('The dead letter.'),
      eventId: z.string().describe('The event that was not delivered.'),
      eventType: z.string().describe('Its type.'),
      attempts: z.int().min(1).describe('How often it was tried.'),
      errorClass: errorClass.nullable().describe('What kind of failure the last attempt was.'),
      responseStatus: z.int().nullable().describe('The last HTTP status, if there was an answer.'),
      detail: z.string().describe('One sentence for people.'),
      lastAttemptAt: isoTime.describe('When it was tried last.'),
    }),
    samples: {
      gaveUp: {
        ...orders,
        deliveryId: '019ab0b7-5c00-7a11-8c3d-4e5f60718293',
        eventId: '019ab0b7-5c00-7d4e-9f00-112233445566',
        eventType: 'messages.received',
        attempts: 3,
        errorClass: 'http_5xx',
        responseStatus: 503,
        detail: 'The receiver answered 503 three times.',
        lastAttemptAt: '2026-11-23T12:00:03.000Z',
      },
    },
  }),
] as const
