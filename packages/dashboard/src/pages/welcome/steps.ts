/** The five steps, each ticked by what is really there. */
import { usePages, useRead } from '../../query.ts'
import { hasTested, hasVerified } from './noted.ts'

export type Progress = {
  /** The first session that is connected, else the newest. */
  sessionId: string | null
  webhookId: string | null
  linked: boolean
  hasWebhook: boolean
  tested: boolean
  verified: boolean
  received: boolean
}

const EVERY_MS = 3_000

export function useProgress(): Progress {
  const sessions = usePages('listSessions', {}, { every: EVERY_MS, limit: 250 })
  const webhooks = usePages('listWebhooks', {}, { every: EVERY_MS, limit: 250 })
  const inbox = useRead('getInbox', {}, { every: EVERY_MS })
  const messages = useRead(
    'listEvents',
    { query: { type: 'messages.received', limit: 1 } },
    { every: EVERY_MS },
  )
  const connected = sessions.items.find(({ status }) => status === 'connected')
  const requests = inbox.data?.requests ?? []
  return {
    sessionId: (connected ?? sessions.items[0])?.id ?? null,
    webhookId: webhooks.items[0]?.id ?? null,
    linked: connected !== undefined,
    hasWebhook: webhooks.items.length > 0,
    tested: hasTested() || requests.length > 0,
    verified: hasVerified() || requests.some(({ verdict }) => verdict.ok),
    received: (messages.data?.data.length ?? 0) > 0,
  }
}
