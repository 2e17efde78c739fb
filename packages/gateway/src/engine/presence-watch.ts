import type { BaileysEventMap } from 'baileys'
import { bareJid, chatKind } from './jid.ts'

/** Asks WhatsApp to show what people do in the chats that are written in. */
export type PresenceWatch = { hear(events: Partial<BaileysEventMap>): void }

/** Chats of one connection. A request each is cheap, but a thousand at once is nothing a person's client does. */
const most = 500

/**
 * WhatsApp shows presence to those who have asked for it since they connected, and who are online themselves.
 * @param ask Asks for one chat; called once for each, and again on the next connection.
 * @param wanted Whether this account is kept online: else asking would be in vain.
 */
export function createPresenceWatch(ask: (jid: string) => void, wanted: () => boolean): PresenceWatch {
  const asked = new Set<string>()
  return {
    hear(events) {
      if (events['connection.update']?.connection === 'close') asked.clear()
      if (!wanted()) return
      for (const { key } of events['messages.upsert']?.messages ?? []) {
        const jid = bareJid(key.remoteJid ?? '')
        if (key.fromMe || asked.has(jid) || asked.size >= most) continue
        if (!['personal', 'group'].includes(chatKind(jid))) continue
        asked.add(jid)
        ask(jid)
      }
    },
  }
}
