import type { Delivery } from '../../operations.ts'

type Group = { webhookId: string; count: number; causes: { cause: string; deliveries: Delivery[] }[] }

/** By webhook, then by cause; the largest first. The cause is the status when there was one, else the class. */
export function grouped(deliveries: readonly Delivery[]): Group[] {
  const byWebhook = Map.groupBy(deliveries, ({ webhook_id }) => webhook_id)
  return [...byWebhook]
    .map(([webhookId, mine]) => {
      const causes = [...Map.groupBy(mine, causeOf)].map(([cause, deliveries]) => ({ cause, deliveries }))
      return {
        webhookId,
        count: mine.length,
        causes: causes.sort((a, b) => b.deliveries.length - a.deliveries.length),
      }
    })
    .sort((a, b) => b.count - a.count)
}

function causeOf({ response_status, error_class }: Delivery): string {
  return String(response_status ?? error_class ?? 'unknown')
}
