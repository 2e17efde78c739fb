import { getRouteApi, Link, Outlet } from '@tanstack/react-router'
import { Pause, Play } from 'lucide-react'
import type { Webhook } from '../../operations.ts'
import { WebhookPill } from '../../parts/webhook-pill.tsx'
import { useChange, useRead } from '../../query.ts'
import { Button } from '../../ui/button.tsx'
import { Id } from '../../ui/copy.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { Page } from '../../ui/page.tsx'
import { PageState } from '../../ui/page-state.tsx'
import { LinkTabs } from '../../ui/tabs.tsx'

const route = getRouteApi('/webhooks/$id')

/** The webhook that the address names; its tabs are only shown when it is there. */
export function useWebhook(): Webhook {
  const { id } = route.useParams()
  const { data } = useRead('getWebhook', { params: { id } }, { every: 5_000 })
  if (!data) throw new Error('a tab was shown before its webhook')
  return data
}

/** Name, state and tabs of one webhook. */
export function WebhookFrame() {
  const { id } = route.useParams()
  const webhook = useRead('getWebhook', { params: { id } }, { every: 5_000 })
  if (!webhook.data) return <PageState read={webhook} />
  const params = { id }
  return (
    <Page
      title={webhook.data.name}
      beside={<WebhookPill webhook={webhook.data} />}
      back={
        <Link to="/webhooks" className="hover:text-ink">
          ← Webhooks
        </Link>
      }
      description={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="min-w-0 font-mono text-xs break-all">{webhook.data.webhook_url}</span>
          <Id value={id} whole />
        </span>
      }
      actions={<Switch webhook={webhook.data} />}
    >
      <LinkTabs
        label="Webhook"
        tabs={[
          { text: 'Health', link: { to: '/webhooks/$id', params } },
          { text: 'Test', link: { to: '/webhooks/$id/test', params } },
          { text: 'Signing', link: { to: '/webhooks/$id/signing', params } },
          { text: 'Settings', link: { to: '/webhooks/$id/settings', params } },
          { text: 'Deliveries', link: { to: '/deliveries', search: { webhook: id } } },
        ]}
      />
      <Outlet />
    </Page>
  )
}

function Switch({ webhook: { id, enabled, health } }: { webhook: Webhook }) {
  const stale = ['getWebhook', 'listWebhooks'] as const
  const enable = useChange('enableWebhook', { stale })
  const disable = useChange('disableWebhook', { stale })
  const isDown = enabled && health.state !== 'healthy'
  return (
    <div className="flex flex-col items-end gap-2">
      <div className="flex gap-2">
        {(!enabled || isDown) && (
          <Button
            variant="solid"
            icon={<Play />}
            busy={enable.isPending}
            onClick={() => enable.mutate({ params: { id } })}
          >
            {enabled ? 'Try again now' : 'Resume'}
          </Button>
        )}
        {enabled && (
          <Button
            icon={<Pause />}
            busy={disable.isPending}
            onClick={() => disable.mutate({ params: { id } })}
          >
            Pause
          </Button>
        )}
      </div>
      <Complaint error={enable.error ?? disable.error} />
    </div>
  )
}
