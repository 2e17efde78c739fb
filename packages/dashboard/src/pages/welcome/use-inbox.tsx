import { call } from '../../api.ts'
import { queryClient } from '../../query.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { toast } from '../../ui/toast.tsx'

/** A webhook to the built-in receiver, for all events. */
export function UseInbox({ done }: { done?: () => void }) {
  return (
    <ActionButton
      run={async () => {
        const { url } = await call('getInbox', {})
        await call('createWebhook', {
          body: { name: 'Built-in inbox', webhook_url: url, subscribed_events: ['*'] },
        })
        await queryClient.invalidateQueries({ queryKey: ['listWebhooks'] })
        toast('All events now also go to the inbox')
        done?.()
      }}
    >
      Use the built-in inbox
    </ActionButton>
  )
}
