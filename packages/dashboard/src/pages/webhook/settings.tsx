import { useNavigate } from '@tanstack/react-router'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api.ts'
import { queryClient, useChange } from '../../query.ts'
import { ConfirmButton } from '../../ui/confirm.tsx'
import { Option } from '../../ui/option.tsx'
import { Card } from '../../ui/page.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { toast } from '../../ui/toast.tsx'
import { bodyOf, type Draft, draftOf } from '../webhook-editor/draft.ts'
import { WebhookForm } from '../webhook-editor/editor.tsx'
import { useWebhook } from './webhook.tsx'

export function WebhookSettings() {
  const webhook = useWebhook()
  const navigate = useNavigate()
  const saved = draftOf(webhook)
  const [draft, setDraft] = useState<Draft>(saved)
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved)
  const update = useChange('updateWebhook', {
    stale: ['getWebhook', 'listWebhooks'],
    done: answer => {
      setDraft(draftOf(answer))
      toast('Saved')
    },
  })
  const remove = async () => {
    await call('deleteWebhook', { params: { id: webhook.id } })
    await navigate({ to: '/webhooks' })
    await queryClient.invalidateQueries({ queryKey: ['listWebhooks'] })
  }
  return (
    <div className="max-w-3xl">
      <WebhookForm
        draft={draft}
        set={change => setDraft(before => ({ ...before, ...change }))}
        dirty={dirty}
        busy={update.isPending}
        error={update.error}
        save={() => update.mutate({ params: { id: webhook.id }, body: bodyOf(draft) })}
        discard={() => {
          setDraft(saved)
          update.reset()
        }}
        saveText="Save"
      />
      <Card title="Delete" className="mt-4">
        <Option
          title="Delete this webhook"
          detail="Its deliveries that are not finished are cancelled. The events stay, and other webhooks are not touched."
        >
          <ConfirmButton
            label="Delete"
            icon={<Trash2 />}
            title={`Delete ${webhook.name}?`}
            action="Delete the webhook"
            typed={webhook.name}
            run={remove}
          >
            Events will no longer go to{' '}
            <span className="font-mono text-xs break-all">{webhook.webhook_url}</span>, what waits for it is
            cancelled, and its secret is forgotten. This cannot be undone.
          </ConfirmButton>
        </Option>
      </Card>
      <SameWithApi operation="updateWebhook" input={{ params: { id: webhook.id }, body: bodyOf(draft) }} />
    </div>
  )
}
