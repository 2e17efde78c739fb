import { proto } from 'baileys'
import type { Sealed } from '../wire/signal-device.ts'
import type { Account } from './account.ts'

/** Messages that will reach somebody's devices as bytes they cannot open, and will not be sealed for them again. */
export type Spoiling = { sent: number; received: number }

/** Which of the receivers cannot open the next message of this sender. Counts down. */
export function takeSpoilt(from: Account, receivers: Account[]): Set<Account> {
  const all = from.spoiling.sent > 0
  if (all) from.spoiling.sent -= 1
  const spoilt = receivers.filter(each => each !== from && (all || each.spoiling.received > 0))
  for (const each of spoilt) each.spoiling.received = Math.max(0, each.spoiling.received - 1)
  return new Set(spoilt)
}

/** A message that no longer matches its authentication code; with a pre-key around it, that one stays as it is. */
export function spoil(sealed: Sealed): Sealed {
  if (sealed.type === 'msg') return { type: 'msg', ciphertext: flipLast(sealed.ciphertext) }
  const version = sealed.ciphertext.subarray(0, 1)
  const outer = proto.PreKeySignalMessage.decode(sealed.ciphertext.subarray(1))
  outer.message = flipLast(outer.message ?? [])
  const ciphertext = Buffer.concat([version, proto.PreKeySignalMessage.encode(outer).finish()])
  return { type: 'pkmsg', ciphertext }
}

/** The last byte belongs to the authentication code of a sealed message, and to the signature of a group's. */
export function flipLast(bytes: ArrayLike<number>): Buffer {
  const flipped = Buffer.from(bytes)
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1
  return flipped
}
