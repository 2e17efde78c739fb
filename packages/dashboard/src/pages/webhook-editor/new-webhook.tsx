import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { Answer } from '../../api.ts'
import { useChange, useRead } from '../../query.ts'
import { Button } from '../../ui/button.tsx'
import { Code } from '../../ui/code.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Page } from '../../ui/page.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { blank, bodyOf, type Draft } from './draft.ts'
import { WebhookForm } from './editor.tsx'

const route = getRouteApi('/webhooks/new')

export function NewWebhook() {
  const { url, event } = route.useSearch()
  const navigate = useNavigate()
  const [draft, setDraft] = useState<Draft>({ ...blank, url: url ?? '', events: event ? [event] : [] })
  const catalog = useRead('listEventTypes', {})
  const create = useChange('createWebhook', { stale: ['listWebhooks'] })
  const set = (change: Partial<Draft>) => setDraft(before => ({ ...before, ...change }))

  // What the catalog subscribes to by default, unless a link has said otherwise.
  const defaults = catalog.data?.data.filter(row => row.default).map(({ type }) => type)
  useEffect(() => {
    if (defaults && !event)
      setDraft(before =>
        before === draft && before.events.length === 0 ? { ...before, events: defaults } : before,
      )
    // Once, when the catalog is here.
  }, [catalog.data])

  return (
    <Page
      narrow
      title="New webhook"
      description="Each event becomes one signed request to this URL, kept and retried until it is answered."
      back={
        <Link to="/webhooks" className="hover:text-ink">
          ← Webhooks
        </Link>
      }
    >
      <WebhookForm
        draft={draft}
        set={set}
        dirty={create.data === undefined}
        busy={create.isPending}
        error={create.error}
        save={() => create.mutate({ body: bodyOf(draft) })}
        discard={() => navigate({ to: '/webhooks' })}
        saveText="Create webhook"
      />
      <SameWithApi operation="createWebhook" input={{ body: bodyOf(draft) }} />
      {create.data && <Created webhook={create.data} />}
    </Page>
  )
}

/** The secret is needed now, on the receiving side; then comes the test. */
function Created({ webhook }: { webhook: Answer<'createWebhook'> }) {
  const navigate = useNavigate()
  const { id, name, secret } = webhook
  const open = (to: '/webhooks/$id' | '/webhooks/$id/test') => navigate({ to, params: { id } })
  return (
    <Dialog
      open
      onClose={() => open('/webhooks/$id')}
      title={`${name} is ready`}
      description="Every request is signed with this secret. Put it where your receiver can read it; you find it again under Signing."
      footer={
        <>
          <Button onClick={() => open('/webhooks/$id')}>Later</Button>
          <Button variant="solid" onClick={() => open('/webhooks/$id/test')}>
            Send a test
          </Button>
        </>
      }
    >
      <Code text={secret} label="Copy the secret" className="[&_pre]:whitespace-pre-wrap [&_pre]:break-all" />
    </Dialog>
  )
}
