import type { proto } from 'baileys'
import { present } from './present.ts'
import type { Message, ReadContent } from './text.ts'
import { boundedNumber } from './wire-number.ts'

type Location = Extract<Message, { type: 'location' }>['location']
type LivePosition = proto.Message.ILiveLocationMessage

/** A point on the map, or a place with a name. */
export function readLocation(value: proto.Message.ILocationMessage): ReadContent {
  const body = value.name || value.address || value.comment || ''
  return { body, content: { type: 'location', location: locationOf(value) } }
}

/** Where somebody is while they move. */
export function readLiveLocation(value: LivePosition): ReadContent {
  const location = {
    ...pointOf(value),
    ...present({
      accuracyMeters: boundedNumber(value.accuracyInMeters, 0, Number.MAX_SAFE_INTEGER),
      speedMetersPerSecond: boundedNumber(value.speedInMps, 0, Number.MAX_SAFE_INTEGER),
      headingDegrees: boundedNumber(value.degreesClockwiseFromMagneticNorth, 0, 360),
      sequence: boundedNumber(value.sequenceNumber, 0, Number.MAX_SAFE_INTEGER),
    }),
  }
  return { body: value.caption ?? '', content: { type: 'live_location', location } }
}

export function locationOf(value: proto.Message.ILocationMessage): Location {
  const { name, address, url } = value
  const accuracyMeters = boundedNumber(value.accuracyInMeters, 0, Number.MAX_SAFE_INTEGER)
  return { ...pointOf(value), ...present({ name, address, url, accuracyMeters }) }
}

/** Throws for what is no point on Earth: the message is then told as `unknown`. */
function pointOf({ degreesLatitude, degreesLongitude }: LivePosition) {
  const [latitude, longitude] = [degreesLatitude ?? 0, degreesLongitude ?? 0]
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180))
    throw new RangeError('a location that is not on Earth')
  return { latitude, longitude }
}
