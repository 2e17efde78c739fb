/** The durable river of one gateway process, composed as app.ts does it: commit, announce, attempt, record. */
import { sealEvent } from '@waxwing/events/event-id'
import pino from 'pino'
import { createGuard } from '../../packages/gateway/src/delivery/guard.ts'
import { createSender } from '../../packages/gateway/src/delivery/send.ts'
import { startDispatcher } from '../../packages/gateway/src/dispatcher/dispatcher.ts'
import type { Publish } from '../../packages/gateway/src/dispatcher/notices.ts'
import { createLog } from '../../packages/gateway/src/log.ts'
import { openStore } from '../../packages/gateway/src/store/store.ts'
import { createMemoryLane } from '../../packages/gateway/src/stream/memory-lane.ts'

/** A webhook with a session of its own: an event of that session is one delivery. */
export type Endpoint = { sessionId: string; webhookId: string }

/** `logged`: an attempt writes its line, as it does in a gateway. What is printed goes nowhere. */
export async function openRiver(a: { databaseUrl: string; leaseMs: number; logged: boolean }) {
  const quiet = pino({ level: 'silent' })
  const log = a.logged
    ? createLog({ logLevel: 'info', logFormat: 'json' }, { write: () => undefined })
    : quiet
  const store = await openStore({
    databaseUrl: a.databaseUrl,
    encryptionKey: Buffer.alloc(32, 7),
    log: quiet,
    leaseMs: a.leaseMs,
  })
  const { id: profileId } = await store.profiles.first()
  const lane = createMemoryLane({ limit: 10_000 })
  const sender = createSender({
    timeoutMs: 10_000,
    guard: createGuard({ allow: 'public', allowLoopback: true }),
    userAgent: 'Waxwing/bench',
    maxConnections: 256,
  })
  const publish: Publish = async drafts => lane.announce(await store.events.commit(drafts.map(sealEvent)))
  const dispatcher = startDispatcher({
    lane,
    deliveries: store.deliveries,
    webhooks: store.webhooks,
    webhookHealth: store.webhookHealth,
    publish,
    sender,
    log,
    options: { slots: 256, perEndpoint: 10, backlog: 2_000, leaseMs: a.leaseMs, scanMs: 1_000 },
  })
  return {
    store,
    profileId,
    lane,
    dispatcher,
    publish,
    async subscribe(webhookUrl: string): Promise<Endpoint> {
      const session = await store.sessions.create({ profileId, name: webhookUrl, network: 'sandbox' })
      const webhook = await store.webhooks.create({
        profileId,
        name: webhookUrl,
        webhookUrl,
        subscribedEvents: ['messages.received'],
        sessionIds: [session.id],
      })
      return { sessionId: session.id, webhookId: webhook.id }
    },
    async close() {
      await dispatcher.stop()
      await sender.close()
      await lane.close()
      await store.close()
    },
  }
}
