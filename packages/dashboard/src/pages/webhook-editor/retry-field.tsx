import { useRead } from '../../query.ts'
import { type Refusal, refusalOf } from '../../refusal.ts'
import { cn } from '../../ui/class-names.ts'
import { TextField } from '../../ui/field.tsx'
import { span } from '../../ui/time.tsx'
import { type Draft, faultOf, retryOf } from './draft.ts'

const presets = [
  { value: 'quick', title: 'Quick', detail: '3 attempts within seconds' },
  { value: 'standard', title: 'Standard', detail: '10 attempts over three days' },
  { value: 'custom', title: 'Custom', detail: 'Your own waits' },
] as const

/** How hard it is tried, with the times that follow from it: the gateway's own function reckons them. */
export function RetryField({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  return (
    <div className="space-y-3">
      <fieldset className="grid gap-2 sm:grid-cols-3">
        <legend className="sr-only">Retries</legend>
        {presets.map(({ value, title, detail }) => (
          <label
            key={value}
            className="cursor-pointer rounded-lg border border-line px-3 py-2 hover:border-strong-line has-checked:border-accent has-checked:bg-accent-tint/50 has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="retry"
              className="sr-only"
              checked={draft.preset === value}
              onChange={() => set({ preset: value })}
            />
            <span className="block font-medium">{title}</span>
            <span className="block text-sm text-soft">{detail}</span>
          </label>
        ))}
      </fieldset>
      <Preview draft={draft} set={set} />
    </div>
  )
}

function Preview({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  const preview = useRead('previewRetries', { body: { retry_config: retryOf(draft) } }, { keep: true })
  const refusal = preview.error ? refusalOf(preview.error) : null
  return (
    <>
      {draft.preset === 'custom' && <Custom draft={draft} set={set} refusal={refusal} />}
      {preview.data && !refusal && (
        <div className="overflow-x-auto rounded-lg border border-line bg-sunken px-3 py-2.5">
          <ol className="flex min-w-max items-center text-xs">
            {preview.data.attempts.map(({ number, wait_ms, earliest }, index) => (
              <li key={number} className="flex items-center">
                {index > 0 && (
                  <span className="mx-1 flex items-center gap-1 text-faint" aria-hidden>
                    <span className="h-px w-3 bg-strong-line" />
                    {waitOf(wait_ms)}
                    <span className="h-px w-3 bg-strong-line" />
                  </span>
                )}
                <span
                  title={new Date(earliest).toLocaleString()}
                  className={cn(
                    'rounded-md border border-line bg-surface px-1.5 py-0.5',
                    index === 0 && 'font-medium',
                  )}
                >
                  {index === 0 ? 'now' : clockTime(earliest)}
                </span>
              </li>
            ))}
          </ol>
          <p className="mt-1.5 text-xs text-soft">
            {preview.data.attempts.length === 1
              ? 'One attempt, no retry. What fails goes to the dead letters.'
              : `If it fails now and each time: ${preview.data.attempts.length} attempts within ${span(preview.data.total_ms.most)}, then the dead letters. Waits are up to a fifth longer.`}
          </p>
        </div>
      )}
    </>
  )
}

function waitOf(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : span(ms)
}

function clockTime(at: string): string {
  const date = new Date(at)
  const isToday = date.toDateString() === new Date().toDateString()
  return isToday
    ? date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
    : date.toLocaleString([], { weekday: 'short', hour: '2-digit', minute: '2-digit', hour12: false })
}

function Custom({
  draft,
  set,
  refusal,
}: {
  draft: Draft
  set: (change: Partial<Draft>) => void
  refusal: Refusal | null
}) {
  const doubles = draft.waits.trim() === ''
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <TextField
        label="Attempts"
        type="number"
        min={1}
        disabled={!doubles}
        value={draft.maxAttempts}
        onChange={event => set({ maxAttempts: event.target.value })}
        hint="The first one and its retries."
        error={faultOf(refusal, '/retry_config/max_attempts')}
      />
      <TextField
        label="First wait, in milliseconds"
        type="number"
        min={100}
        step={100}
        disabled={!doubles}
        value={draft.backoffMs}
        onChange={event => set({ backoffMs: event.target.value })}
        hint="Doubled after each further attempt."
        error={faultOf(refusal, '/retry_config/backoff_ms')}
      />
      <div className="sm:col-span-2">
        <TextField
          label="Or each wait by itself, in seconds"
          placeholder="5, 60, 600, 3600"
          value={draft.waits}
          onChange={event => set({ waits: event.target.value })}
          error={faultOf(refusal, '/retry_config/delays_ms')}
        />
      </div>
    </div>
  )
}
