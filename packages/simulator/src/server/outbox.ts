import type { BinaryNode } from 'baileys'
import type { Connection } from './connection.ts'

/**
 * What waits for one linked device, in order. A stanza stays until the device has acknowledged it,
 * and is sent again at the next login: WhatsApp's at-least-once.
 */
export type Outbox = {
  /**
   * Adds a stanza. `key` is what the acknowledgement will name (see `stanzaKey`), `seal` makes the stanza,
   * once, in its turn. Resolves when it has been sent, or kept because the device is away; rejects when
   * it cannot be made, and is then forgotten.
   */
  push(key: string, seal: () => BinaryNode | Promise<BinaryNode>): Promise<void>
  /** The device has logged in: sends all that waits, marked `offline`, and resolves to how many; then goes on live. */
  open(connection: Connection): Promise<number>
  /** The device has gone. */
  close(): void
  /** Tries again what could not be sealed: the device's keys are known now. */
  flush(): Promise<void>
  /** Forgets the oldest stanza sent under this key. */
  acknowledge(key: string): void
  /** What waits, sent and unacknowledged included. */
  readonly waiting: readonly { tag: string; id: string }[]
}

type Entry = {
  key: string
  seal: () => BinaryNode | Promise<BinaryNode>
  node: BinaryNode | null
  sentOn: Connection | null
  error?: unknown
}

export function createOutbox(device: {
  /** False while the device's keys are unknown: nothing can be encrypted for it yet. */
  canSeal(): boolean
  /** Something was acknowledged. */
  acknowledged(): void
}): Outbox {
  let entries: Entry[] = []
  let live: Connection | null = null
  // One at a time: sealing moves a ratchet, and the order sealed must be the order sent.
  let turn: Promise<unknown> = Promise.resolve()

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work)
    turn = mine.catch(() => {})
    return mine
  }

  /** Seals what is not sealed and sends what was not sent on `connection`; resolves to how many were sent. */
  async function sendAll(connection: Connection | null, attrs: Record<string, string> = {}): Promise<number> {
    if (!device.canSeal()) return 0
    let sent = 0
    for (const entry of [...entries]) {
      const node = await sealed(entry)
      if (!node || !connection || entry.sentOn === connection) continue
      connection.send({ ...node, attrs: { ...node.attrs, ...attrs } })
      entry.sentOn = connection
      sent += 1
    }
    return sent
  }

  async function sealed(entry: Entry): Promise<BinaryNode | null> {
    try {
      entry.node ??= await entry.seal()
    } catch (error) {
      entry.error = error
      entries = entries.filter(each => each !== entry)
    }
    return entry.node
  }

  return {
    push: (key, seal) =>
      inTurn(async () => {
        const entry: Entry = { key, seal, node: null, sentOn: null }
        entries.push(entry)
        await sendAll(live)
        if (entry.error !== undefined) throw entry.error
      }),
    open: connection =>
      inTurn(async () => {
        const sent = await sendAll(connection, { offline: '1' })
        live = connection
        return sent
      }),
    close() {
      live = null
    },
    flush: () => inTurn(async () => void (await sendAll(live))),
    acknowledge(key) {
      const at = entries.findIndex(entry => entry.key === key && entry.sentOn !== null)
      if (at < 0) return
      entries.splice(at, 1)
      device.acknowledged()
    },
    get waiting() {
      return entries.map(({ key }) => {
        const [tag = '', id = ''] = key.split(' ')
        return { tag, id }
      })
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
