import { useEffect } from 'react'
import { refusalOf } from '../../refusal.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { KeyHint } from '../../ui/key-hint.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { Option } from '../../ui/option.tsx'
import { Card } from '../../ui/page.tsx'
import { Toggle } from '../../ui/toggle.tsx'
import { type Draft, faultOf } from './draft.ts'
import { EventPicker } from './event-picker.tsx'
import { HeadersField } from './headers-field.tsx'
import { LeaveGuard } from './leave-guard.tsx'
import { RetryField } from './retry-field.tsx'
import { SessionsField } from './sessions-field.tsx'
import { UrlField } from './url-field.tsx'

type Props = {
  draft: Draft
  set: (change: Partial<Draft>) => void
  /** What it was before; null for a new one. */
  dirty: boolean
  busy: boolean
  error: unknown
  save: () => void
  discard: () => void
  saveText: string
}

/** Everything a webhook can be told, on one page. */
export function WebhookForm({ draft, set, dirty, busy, error, save, discard, saveText }: Props) {
  const refusal = error ? refusalOf(error) : null
  useSaveKey(dirty && !busy, save)
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        save()
      }}
      className="space-y-4"
    >
      <Card title="Where to">
        <div className="space-y-4">
          <UrlField
            value={draft.url}
            onChange={url => set({ url })}
            fault={faultOf(refusal, '/webhook_url')}
          />
          <TextField
            label="Name"
            placeholder="The host of the URL"
            maxLength={100}
            value={draft.name}
            onChange={event => set({ name: event.target.value })}
            error={faultOf(refusal, '/name')}
          />
        </div>
      </Card>
      <Card title="Which events">
        <EventPicker
          value={draft.events}
          onChange={events => set({ events })}
          fault={faultOf(refusal, '/subscribed_events')}
        />
      </Card>
      <Card title="Of which sessions">
        <SessionsField
          value={draft.sessionIds}
          onChange={sessionIds => set({ sessionIds })}
          fault={faultOf(refusal, '/session_ids')}
        />
      </Card>
      <Card title="When it fails" description="What does not answer with 2xx in time is tried again.">
        <RetryField draft={draft} set={set} />
      </Card>
      <Card title="Requests">
        <div className="space-y-5">
          <div>
            <p className="mb-1.5 text-sm font-medium">Headers of your own</p>
            <HeadersField
              headers={draft.headers}
              onChange={headers => set({ headers })}
              fault={faultOf(refusal, '/headers')}
            />
          </div>
          <Option
            title="In order"
            detail="One delivery of a chat at a time, in the order they came. A failing one holds back those behind it."
          >
            <Toggle label="In order" checked={draft.ordered} onChange={ordered => set({ ordered })} />
          </Option>
          <div className="max-w-60">
            <TextField
              label="Requests a second, at most"
              type="number"
              min={1}
              placeholder="No limit"
              value={draft.rateLimit}
              onChange={event => set({ rateLimit: event.target.value })}
              error={faultOf(refusal, '/rate_limit')}
            />
          </div>
        </div>
      </Card>
      <Complaint error={error} />
      <LeaveGuard dirty={dirty && !busy} />
      {dirty && (
        <div className="sticky bottom-3 z-10 flex flex-wrap items-center justify-between gap-3 rounded-xl border border-line bg-surface px-4 py-2.5 shadow-float">
          <p className="text-sm text-soft">Unsaved changes</p>
          <div className="flex items-center gap-2">
            <Button onClick={discard}>Discard</Button>
            <Button type="submit" variant="solid" busy={busy}>
              {saveText} <KeyHint>⌘S</KeyHint>
            </Button>
          </div>
        </div>
      )}
    </form>
  )
}

function useSaveKey(active: boolean, save: () => void): void {
  useEffect(() => {
    if (!active) return
    const onKey = (event: KeyboardEvent) => {
      if (!(event.metaKey || event.ctrlKey) || event.key.toLowerCase() !== 's') return
      event.preventDefault()
      save()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [active, save])
}
