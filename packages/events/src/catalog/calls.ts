import { z } from 'zod'
import { defineEvent } from './define.ts'
import { ann, group, noon } from './message-samples.ts'
import { jid, person, unixSeconds } from './person.ts'

/** The events about calls. */
export const callEvents = [
  defineEvent({
    type: 'call',
    category: 'calls',
    title: 'Call',
    description:
      'Somebody calls this number, and what becomes of the call: one event for each step, with the same `callId`.',
    since: '0.1.0',
    data: z.strictObject({
      callId: z.string().describe('The call; the same in all its steps.'),
      from: jid.describe('The chat: the caller, or the group.'),
      isGroup: z.boolean().describe('Whether the whole group is called.'),
      participant: person.describe('Who calls.'),
      status: z
        .enum(['offered', 'accepted', 'rejected', 'missed', 'ended'])
        .describe('The step: `offered` rings, the others say how it went on.'),
      isVideo: z.boolean().describe('Video or voice. Only the first step is sure to know it.'),
      rejectedBy: z
        .enum(['gateway', 'phone'])
        .optional()
        .describe('With `rejected`: the session’s `reject_calls` setting or the API, or another device.'),
      offline: z.literal(true).optional().describe('Present when it happened while the session was offline.'),
      timestamp: unixSeconds.describe('When, in unix seconds.'),
    }),
    samples: {
      offered: {
        callId: 'A1B2C3D4E5F60718',
        from: ann.jid,
        isGroup: false,
        participant: ann,
        status: 'offered',
        isVideo: false,
        timestamp: noon,
      },
      rejected: {
        callId: 'A1B2C3D4E5F60718',
        from: ann.jid,
        isGroup: false,
        participant: ann,
        status: 'rejected',
        isVideo: false,
        rejectedBy: 'gateway',
        timestamp: noon + 1,
      },
      missedGroupVideo: {
        callId: 'B1B2C3D4E5F60718',
        from: group,
        isGroup: true,
        participant: ann,
        status: 'missed',
        isVideo: true,
        offline: true,
        timestamp: noon + 45,
      },
    },
  }),
] as const
