import type { EventType } from '@waxwing/events'
import { matches } from '@waxwing/events'
import type { WebhookRow } from './webhooks.ts'

/** All webhooks as they were in one epoch. */
export type WebhookSnapshot = {
  epoch: string
  rows: readonly WebhookRow[]
  find(id: string): WebhookRow | null
  /** The enabled webhooks that want an event of this type from this session; never the one it is about. */
  wanting(event: {
    profileId: string
    sessionId: string | null
    type: EventType
    aboutWebhookId?: string
  }): readonly WebhookRow[]
}

export type WebhookCache = {
  current(): Promise<WebhookSnapshot>
  /** The next `current()` loads anew. */
  invalidate(): void
  /** The epoch last loaded, or null. */
  epoch(): string | null
}

/** `load` reads epoch and rows in one snapshot; `expiresAt` is when the first still valid old secret ends. */
export function createWebhookCache(
  load: () => Promise<{ epoch: string; rows: WebhookRow[]; expiresAt: number }>,
  now: () => number = Date.now,
): WebhookCache {
  let loading: Promise<WebhookSnapshot> | null = null
  let loaded: { epoch: string; expiresAt: number } | null = null

  async function loadSnapshot(): Promise<WebhookSnapshot> {
    const { epoch, rows, expiresAt } = await load()
    loaded = { epoch, expiresAt }
    return snapshotOf(epoch, rows)
  }

  function invalidate(): void {
    loading = null
    loaded = null
  }

  return {
    invalidate,
    epoch: () => loaded?.epoch ?? null,
    current() {
      if (loaded !== null && loaded.expiresAt <= now()) invalidate()
      if (loading === null) {
        const started = loadSnapshot()
        loading = started
        started.catch(() => {
          if (loading === started) invalidate()
        })
      }
      return loading
    },
  }
}

function snapshotOf(epoch: string, rows: readonly WebhookRow[]): WebhookSnapshot {
  const byId = new Map(rows.map(row => [row.id, row]))
  // A thousand webhooks are compared with a type once, not with each of its events.
  const subscribers = new Map<string, WebhookRow[]>()
  function subscribersOf(profileId: string, type: EventType): WebhookRow[] {
    const key = `${profileId} ${type}`
    let found = subscribers.get(key)
    if (found === undefined) {
      found = rows.filter(
        row => row.enabled && row.profileId === profileId && matches(row.subscribedEvents, type),
      )
      subscribers.set(key, found)
    }
    return found
  }
  return {
    epoch,
    rows,
    find: id => byId.get(id) ?? null,
    wanting: ({ profileId, sessionId, type, aboutWebhookId }) =>
      subscribersOf(profileId, type).filter(
        row =>
          row.id !== aboutWebhookId &&
          (row.sessionIds === null || (sessionId !== null && row.sessionIds.includes(sessionId))),
      ),
  }
}
