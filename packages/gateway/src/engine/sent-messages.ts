import { proto, type WAMessageKey } from 'baileys'
import type { AuthState } from './auth-state.ts'

/**
 * The last messages a session sent, for receivers that could not decrypt one and ask for it again. Kept beside the
 * keys as their own type: encrypted, fenced by the lease, and gone with a logout.
 */
export type SentMessages = {
  get(key: WAMessageKey): Promise<proto.IMessage | undefined>
  /** One statement: the message, the list of ids, and the one that falls off its end. */
  remember(id: string, message: proto.IMessage): Promise<void>
}

/** Retries come within minutes; this many is an hour of a busy sender. */
const kept = 256
const type = 'sent-message'
/** The row that lists the others, oldest first; no message id starts with an underscore. */
const listId = '__ids'

export function createSentMessages(auth: Pick<AuthState, 'read' | 'write'>): SentMessages {
  let ids: string[] | null = null
  let last: Promise<unknown> = Promise.resolve()

  async function write(id: string, message: proto.IMessage): Promise<void> {
    ids ??= JSON.parse((await auth.read(type, listId)) ?? '[]') as string[]
    ids.push(id)
    const dropped = ids.splice(0, Math.max(0, ids.length - kept))
    const text = JSON.stringify(Buffer.from(proto.Message.encode(message).finish()).toString('base64'))
    const rows = Object.fromEntries(dropped.map(old => [old, null]))
    await auth.write({ [type]: { ...rows, [id]: text, [listId]: JSON.stringify(ids) } })
  }

  return {
    async get(key) {
      const text = key.id ? await auth.read(type, key.id) : undefined
      return text === undefined ? undefined : proto.Message.decode(Buffer.from(JSON.parse(text), 'base64'))
    },
    remember(id, message) {
      last = last.then(() => write(id, message)).catch(() => {})
      return last as Promise<void>
    },
  }
}
