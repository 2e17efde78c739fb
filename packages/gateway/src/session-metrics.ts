/** The sessions of this process, for the page of metrics: how many are how, and what each of them and all count. */
import { Counter, Gauge, type Registry } from '@prometheus-io/client'
import { sessionStatuses } from '@waxwing/events'
import type { Engine } from './engine/engine.ts'
import type { Figures } from './engine/figures.ts'

/** What a session counts, by the name it has outside. A figure without a line here does not compile. */
const counted = {
  recovered: {
    name: 'stanzas_recovered',
    help: 'Stanzas told from the inbox after a crash or a lost connection.',
  },
  remembered: {
    name: 'ciphertexts_remembered',
    help: 'Ciphertexts that came again and were answered from memory.',
  },
  undecryptable: {
    name: 'messages_undecryptable',
    help: 'Messages that could not be decrypted when they came.',
  },
  refused: {
    name: 'messages_refused',
    help: 'Messages refused on the wire, which WhatsApp forgets. Should stay 0.',
  },
  asked: { name: 'messages_asked', help: 'Messages the phone was asked for.' },
  uncorrelated: { name: 'parts_uncorrelated', help: 'Parts decrypted without being kept. Should stay 0.' },
  gated: { name: 'frames_gated', help: 'Frames that waited for what was told before them to be stored.' },
  gateMs: {
    name: 'gate_wait_seconds',
    help: 'How long frames waited for the store, altogether.',
    scale: 1e-3,
  },
} as const satisfies Record<
  Exclude<keyof Figures, 'longestGateMs'>,
  { name: string; help: string; scale?: number }
>

/** Reads the sessions that this process holds; called once for each page. */
export function sessionReading(registers: Registry[]): (rooms: { sessions?: Engine['sessions'] }) => void {
  const byStatus = new Gauge({
    name: 'waxwing_sessions',
    help: 'Sessions this process holds, by status.',
    labelNames: ['status'],
    registers,
  })
  const kinds = (Object.keys(counted) as (keyof typeof counted)[]).map(figure => {
    const { name, help } = counted[figure]
    const scale = figure === 'gateMs' ? counted.gateMs.scale : 1
    const total = new Counter({ name: `waxwing_${name}_total`, help, registers })
    const each = new Counter({
      name: `waxwing_session_${name}_total`,
      help: `${help} By session, since it was started here.`,
      labelNames: ['session_id'],
      registers,
    })
    return { figure, scale, total, each }
  })
  const longest = new Gauge({
    name: 'waxwing_session_gate_longest_seconds',
    help: 'The longest a frame waited for the store since the session was started here.',
    labelNames: ['session_id'],
    registers,
  })
  // A session that ends takes its figures with it; a total may not fall, so what was seen of it stays counted.
  const seen = new WeakMap<Figures, Figures>()

  return ({ sessions }) => {
    const held = sessions?.() ?? []
    byStatus.reset()
    for (const status of sessionStatuses)
      byStatus.set({ status }, held.filter(session => session.status === status).length)
    longest.reset()
    for (const { figure, scale, total, each } of kinds) {
      each.reset()
      for (const { sessionId, figures } of held) {
        each.inc({ session_id: sessionId }, figures[figure] * scale)
        total.inc((figures[figure] - (seen.get(figures)?.[figure] ?? 0)) * scale)
      }
    }
    for (const { sessionId, figures } of held) {
      longest.set({ session_id: sessionId }, figures.longestGateMs / 1_000)
      seen.set(figures, { ...figures })
    }
  }
}
