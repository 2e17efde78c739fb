import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Send } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { WebhookTest } from '../../operations.ts'
import { useChange, useRead } from '../../query.ts'
import { refusalOf } from '../../refusal.ts'
import { Button } from '../../ui/button.tsx'
import { Choice, TextArea } from '../../ui/field.tsx'
import { KeyHint } from '../../ui/key-hint.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { Card } from '../../ui/page.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { exact } from '../../ui/time.tsx'
import { noteTested } from '../welcome/noted.ts'
import { TestResult, TestVerdict } from './test-result.tsx'
import { useWebhook } from './webhook.tsx'

const route = getRouteApi('/webhooks/$id/test')
/** What a page of history holds. */
const KEPT = 10

type Run = { at: string; type: string; result: WebhookTest }

/** Any event of the catalog, sent now, by the same request that deliveries make. */
export function WebhookTestTab() {
  const { id } = useWebhook()
  const { event = 'webhook.ping' } = route.useSearch()
  const navigate = useNavigate({ from: '/webhooks/$id/test' })
  const catalog = useRead('listEventTypes', {})
  const [runs, setRuns] = useState<Run[]>([])
  const [shown, setShown] = useState(0)
  const [draft, setDraft] = useDraft(event)
  const parsed = parse(draft)
  const test = useChange('testWebhook')
  const send = async () => {
    if (!parsed.ok || test.isPending) return
    const body = { event_type: event, data: parsed.value }
    const result = await test.mutateAsync({ params: { id }, body }).catch(() => null)
    if (!result) return
    noteTested()
    setRuns(before => [{ at: new Date().toISOString(), type: event, result }, ...before].slice(0, KEPT))
    setShown(0)
  }
  const run = runs[shown]

  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card title="What to send">
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the fields inside */}
        <div
          className="space-y-4"
          onKeyDown={press => {
            if (press.key === 'Enter' && (press.metaKey || press.ctrlKey)) send()
          }}
        >
          <Choice
            label="Event"
            value={event}
            onChange={({ target }) => navigate({ search: { event: target.value }, replace: true })}
            options={(catalog.data?.data ?? []).map(({ type }) => [type, type])}
            className="font-mono text-sm"
          />
          <TextArea
            label="Data"
            rows={14}
            value={draft}
            onChange={({ target }) => setDraft(target.value)}
            className="font-mono text-xs leading-relaxed"
            error={parsed.ok ? faultsOf(test.error) : parsed.detail}
            hint="The sample of the catalog; change it as you like."
          />
          <div className="flex flex-wrap items-center justify-between gap-3">
            <Button
              variant="solid"
              icon={<Send />}
              busy={test.isPending}
              disabled={!parsed.ok}
              onClick={send}
            >
              {test.isPending ? 'Waiting for the answer…' : 'Send test'} <KeyHint>⌘↵</KeyHint>
            </Button>
            <span className="text-sm text-soft">Sent once, signed, and not among the deliveries.</span>
          </div>
          {!faultsOf(test.error) && <Complaint error={test.error} />}
        </div>
      </Card>
      <div className="space-y-4">
        {run ? (
          <TestResult key={run.at} type={run.type} result={run.result} />
        ) : (
          <Card>
            <p className="py-10 text-center text-sm text-soft text-pretty">
              What your receiver answers stands here: its status, how long each part took, and when it fails,
              what to look at.
            </p>
          </Card>
        )}
        {runs.length > 1 && (
          <Card flush title="Earlier tests of this visit">
            <ul className="divide-y divide-line">
              {runs.map(({ at, type, result }, index) => (
                <li key={at}>
                  <button
                    type="button"
                    aria-pressed={index === shown}
                    onClick={() => setShown(index)}
                    className="flex w-full items-center gap-3 px-4 py-2 text-left hover:bg-hover/50 aria-pressed:bg-hover"
                  >
                    <TestVerdict result={result} />
                    <span className="min-w-0 flex-1 truncate font-mono text-sm">{type}</span>
                    <span className="text-sm text-soft">{exact(at)}</span>
                  </button>
                </li>
              ))}
            </ul>
          </Card>
        )}
        <SameWithApi operation="testWebhook" input={{ params: { id }, body: { event_type: event } }} />
      </div>
    </div>
  )
}

/** The sample of the chosen event, until somebody changes it. */
function useDraft(type: string): [string, (text: string) => void] {
  const detail = useRead('getEventType', { params: { type } })
  const [draft, setDraft] = useState('')
  useEffect(() => {
    const [sample] = Object.values(detail.data?.samples ?? {})
    if (detail.data) setDraft(JSON.stringify(sample ?? {}, null, 2))
  }, [detail.data])
  return [draft, setDraft]
}

function parse(text: string): { ok: true; value: Record<string, unknown> } | { ok: false; detail: string } {
  try {
    const value = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ok: true, value }
    return { ok: false, detail: 'The data of an event is a JSON object.' }
  } catch (error) {
    return {
      ok: false,
      detail: text === '' ? 'Loading the sample…' : String(error).replace('SyntaxError: ', ''),
    }
  }
}

function faultsOf(error: unknown): string | null {
  const faults = error ? refusalOf(error).faults : []
  return faults.length > 0 ? faults.map(({ pointer, detail }) => `${pointer}: ${detail}`).join(' ') : null
}
