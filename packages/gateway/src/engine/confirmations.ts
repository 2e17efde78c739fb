/** Stanzas WhatsApp will not send again, on their way out of the inbox. */
export type Confirmations = {
  add(deliveries: readonly string[]): void
  close(): void
}

/** Often enough to keep the inbox small, seldom enough to be one statement for many messages. */
const everyMs = 1_000
/** Waiting ones. Beyond it their rows stay until they expire, which costs space and nothing else. */
const limit = 10_000

/** Removes stanzas that are confirmed and told; one that is not told yet is asked for again later. */
export function createConfirmations(
  forget: (deliveries: readonly string[]) => Promise<string[]>,
): Confirmations {
  let waiting = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  async function sweep(): Promise<void> {
    const some = [...waiting]
    waiting = new Set()
    const kept = await forget(some)
    timer = undefined
    add(kept)
  }

  function add(deliveries: readonly string[]): void {
    if (closed) return
    for (const delivery of deliveries) if (waiting.size < limit) waiting.add(delivery)
    if (waiting.size > 0) timer ??= setTimeout(() => void sweep(), everyMs).unref()
  }

  return {
    add,
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
