import type { BinaryNode } from 'baileys'
import type { Connection } from './connection.ts'

/**
 * What waits for one linked device, in order. A stanza stays until the device has acknowledged it,
 * and is sent again at the next login: WhatsApp's at-least-once.
 */
export type Outbox = {
  /**
   * Adds a stanza. `key` is what the acknowledgement will name (see `stanzaKey`), `seal` makes the stanza,
   * once, in its turn. Resolves when it has been sent, or kept because the device is away.
   */
  push(key: string, seal: () => Promise<BinaryNode>): Promise<void>
  /** Sends what can be sent. */
  flush(): Promise<void>
  /** Sends everything that waits, marked `offline`, to a device that has just logged in; resolves to how many. */
  flushOffline(): Promise<number>
  /** Forgets the oldest stanza sent under this key; false when there is none. */
  acknowledge(key: string): boolean
  /** Tags of what waits, sent and unacknowledged included. */
  readonly waiting: readonly string[]
}

type Entry = {
  key: string
  seal: () => Promise<BinaryNode>
  node: BinaryNode | null
  sentOn: Connection | null
}

export function createOutbox(device: {
  connection(): Connection | null
  /** False while the device's keys are unknown: nothing can be encrypted for it yet. */
  canSeal(): boolean
}): Outbox {
  let entries: Entry[] = []
  // One at a time: sealing moves a ratchet, and the order sealed must be the order sent.
  let turn: Promise<unknown> = Promise.resolve()

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work)
    turn = mine.catch(() => {})
    return mine
  }

  async function sendAll(attrs: Record<string, string>): Promise<number> {
    const connection = device.connection()
    let sent = 0
    for (const entry of [...entries]) {
      if (!device.canSeal()) break
      entry.node ??= await entry.seal()
      if (!connection || entry.sentOn === connection) continue
      connection.send({ ...entry.node, attrs: { ...entry.node.attrs, ...attrs } })
      entry.sentOn = connection
      sent += 1
    }
    return sent
  }

  return {
    push(key, seal) {
      return inTurn(async () => {
        const entry: Entry = { key, seal, node: null, sentOn: null }
        entries.push(entry)
        try {
          await sendAll({})
        } catch (error) {
          entries = entries.filter(each => each !== entry)
          throw error
        }
      })
    },
    flush: () => inTurn(async () => void (await sendAll({}))),
    flushOffline: () => inTurn(() => sendAll({ offline: '1' })),
    acknowledge(key) {
      const at = entries.findIndex(entry => entry.key === key && entry.sentOn !== null)
      if (at < 0) return false
      entries.splice(at, 1)
      return true
    },
    get waiting() {
      return entries.map(entry => entry.key.slice(0, entry.key.indexOf(' ')))
    },
  }
}

/**
 * What an acknowledgement can be matched with. Messages are acknowledged by their id alone (a receipt's type is
 * its own); a delivered and a read receipt share the id of the message and differ by type.
 */
export function stanzaKey(tag: string, attrs: Record<string, string>): string {
  return tag === 'message' ? `message ${attrs.id}` : `${tag} ${attrs.id} ${attrs.type ?? ''}`
}
