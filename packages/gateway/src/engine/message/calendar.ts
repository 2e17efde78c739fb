import type { proto } from 'baileys'
import { locationOf } from './places.ts'
import { present } from './present.ts'
import type { ReadContent } from './text.ts'
import { timeOf } from './wire-number.ts'

/** An invitation to something at a time and place. Throws when it has no time: it is then told as `unknown`. */
export function readCalendarEvent(value: proto.Message.IEventMessage): ReadContent {
  const startsAt = timeOf(value.startTime)
  if (!startsAt) throw new TypeError('a calendar event without a beginning')
  const { name, description, joinLink, location, isCanceled } = value
  const event = {
    name: name ?? '',
    startsAt,
    canceled: isCanceled === true,
    ...present({ description, joinLink, endsAt: timeOf(value.endTime) }),
    ...(location && { location: locationOf(location) }),
  }
  return { body: event.name, content: { type: 'event', event } }
}
