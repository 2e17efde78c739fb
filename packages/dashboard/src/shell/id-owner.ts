/** An id says nothing about what it names: everything that could have it is asked. */
import { useQuery } from '@tanstack/react-query'
import { call, type OperationName } from '../api.ts'

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

const kinds = [
  { operation: 'getDelivery', text: 'Open the delivery', page: 'deliveries' },
  { operation: 'getEvent', text: 'Open the event', page: 'live' },
  { operation: 'getSession', text: 'Open the session', page: 'sessions' },
  { operation: 'getWebhook', text: 'Open the webhook', page: 'webhooks' },
] as const satisfies readonly { operation: OperationName; text: string; page: string }[]

export function useIdOwner(pasted: string): { text: string; to: string } | null {
  const id = pasted.trim()
  const found = useQuery({
    queryKey: ['owner of', id],
    enabled: uuid.test(id),
    queryFn: () =>
      Promise.any(
        kinds.map(async ({ operation, text, page }) => {
          await call(operation, { params: { id } })
          return { text, to: `/${page}/${id}` }
        }),
      ).catch(() => null),
  })
  return uuid.test(id) ? (found.data ?? null) : null
}
