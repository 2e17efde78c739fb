import type { Logger } from 'pino'
import type { DueDelivery, HeldDelivery } from '../store/deliveries.ts'
import type { Waiting } from './turns.ts'

/** A delivery this process has the right to attempt, from the moment it hears of it until it is recorded. */
export type Held = Waiting & {
  delivery: DueDelivery
  /** By our clock, ms since the epoch: nobody else takes it before. 0: a heartbeat found it no longer ours. */
  leaseUntil: number
}

export type Holding = {
  /** `heldSince`: when the lease began at the latest. Null when it is held already: the newer claim is kept. */
  take(delivery: DueDelivery, heldSince: number): Held | null
  forget(held: Held): void
  /** Whether the lease still covers this long. */
  covers(held: Held, ms: number): boolean
  size(): number
  stop(): void
}

/** A lease survives five missed heartbeats. */
const beatsPerLease = 6
/** One statement's worth. */
const maxBeat = 1_000

/**
 * What is held, kept held: leases are extended a sixth of their length after they began, and not before, so
 * deliveries that pass quickly cost no heartbeat at all. A heartbeat that fails is made up for by the next one. What
 * a heartbeat does not find is covered for no time, so that it is let go instead of attempted when its turn comes;
 * an attempt under way goes on, and its outcome is refused if it was taken over.
 */
export function createHolding(a: {
  heartbeat: (held: readonly HeldDelivery[]) => Promise<string[]>
  leaseMs: number
  now: () => Date
  log: Logger
}): Holding {
  const all = new Map<string, Held>()
  const beatMs = a.leaseMs / beatsPerLease
  let beating = false
  const timer = setInterval(() => void beat(), beatMs)

  async function beat(): Promise<void> {
    if (beating) return
    beating = true
    try {
      const old = [...all.values()].filter(held => a.now().getTime() > held.leaseUntil - a.leaseMs + beatMs)
      for (let at = 0; at < old.length; at += maxBeat) await extend(old.slice(at, at + maxBeat))
    } catch (error) {
      a.log.warn({ err: error, held: all.size }, 'leases could not be extended; trying again')
    } finally {
      beating = false
    }
  }

  async function extend(some: Held[]): Promise<void> {
    const from = a.now().getTime()
    const claims = some.map(held => ({ held, claimId: held.delivery.claimId }))
    const ours = new Set(
      await a.heartbeat(
        claims.map(({ held, claimId }) => ({ deliveryId: held.delivery.deliveryId, claimId })),
      ),
    )
    for (const { held, claimId } of claims) {
      if (ours.has(held.delivery.deliveryId)) held.leaseUntil = Math.max(held.leaseUntil, from + a.leaseMs)
      // Unless it was claimed anew while we asked.
      else if (held.delivery.claimId === claimId) held.leaseUntil = 0
    }
  }

  return {
    take(delivery, heldSince) {
      const leaseUntil = heldSince + a.leaseMs
      const known = all.get(delivery.deliveryId)
      // A later attempt is other work: the earlier one is written already, though we have not heard of it yet.
      if (known !== undefined && known.delivery.attempt === delivery.attempt) {
        // Our lease ran out unnoticed and we claimed it again ourselves: the attempt under way goes on under
        // the new claim, and no second one starts.
        known.delivery.claimId = delivery.claimId
        known.leaseUntil = leaseUntil
        return null
      }
      const urgent = delivery.attempt === 1 || delivery.manual
      const { webhookId, body } = delivery
      const held = { delivery: { ...delivery }, webhookId, urgent, size: body.length, leaseUntil }
      all.set(delivery.deliveryId, held)
      return held
    },
    forget(held) {
      if (all.get(held.delivery.deliveryId) === held) all.delete(held.delivery.deliveryId)
    },
    covers: (held, ms) => held.leaseUntil - a.now().getTime() >= ms,
    size: () => all.size,
    stop: () => clearInterval(timer),
  }
}
