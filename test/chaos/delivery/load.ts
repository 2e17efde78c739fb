import type { Phone, WhatsApp } from '@waxwing/simulator'

export type Load = {
  /** WhatsApp's ids of the messages written so far. */
  readonly written: readonly string[]
  /** Resolves when the last one is with the server. */
  stop(): Promise<void>
}

const contacts = 10

/** Contacts write at a constant rate, whatever becomes of the messages: while the gateway is away they wait at the server. */
export function startLoad(a: { whatsapp: WhatsApp; phone: Phone; perSecond: number }): Load {
  const writers = Array.from({ length: contacts }, (_, i) =>
    a.whatsapp.contact({ number: `155502${String(i).padStart(2, '0')}`, name: `Contact ${i}` }),
  )
  const written: string[] = []
  const writing = new Set<Promise<void>>()
  const began = performance.now()
  let said = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * a.perSecond)
    while (said < due) say(said++)
  }, 10)

  function say(n: number): void {
    const writer = writers[n % contacts]
    if (writer === undefined) return
    const one: Promise<void> = writer
      .say(a.phone, `message ${n}`)
      .then(({ id }) => void written.push(id))
      .finally(() => writing.delete(one))
    writing.add(one)
  }

  return {
    written,
    async stop() {
      clearInterval(timer)
      await Promise.all(writing)
    },
  }
}
