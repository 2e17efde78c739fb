import type { BinaryNode } from 'baileys'
import { node, seconds } from '../wire/nodes.ts'
import { type Account, onlineCompanions } from './account.ts'
import { addressIn, type Place } from './chat.ts'

/** What somebody can be seen doing. */
export type Doing = 'typing' | 'recording' | 'paused'

/** Tells who is connected now that somebody types; whoever is away never hears of it. */
export function showDoing(from: Account, place: Place, doing: Doing): void {
  const what =
    doing === 'paused' ? node('paused') : node('composing', doing === 'recording' ? { media: 'audio' } : {})
  const speaker = addressIn(place, from, from)
  const attrs = place.room ? { from: place.room.jid, participant: speaker } : { from: speaker }
  show(from, place, node('chatstate', attrs, [what]))
}

/** Tells one person that somebody is online, or was until `lastSeen`. */
export function showPresence(from: Account, to: Account, o: { online: boolean; lastSeen?: Date }): void {
  const place = { person: to }
  const last = o.lastSeen && seconds(o.lastSeen)
  const gone = { type: 'unavailable', last: last ?? 'deny' }
  show(from, place, node('presence', { from: addressIn(place, from, from), ...(o.online ? {} : gone) }))
}

function show(from: Account, place: Place, stanza: BinaryNode): void {
  const watching = place.room ? [...place.room.members.keys()] : [place.person]
  for (const who of watching) {
    if (who === from) continue
    for (const { connection } of onlineCompanions(who)) connection?.send(stanza)
  }
}
