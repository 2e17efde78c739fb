import { useState } from 'react'
import type { WebhookTest } from '../../operations.ts'
import { causeWord } from '../../parts/cause-word.ts'
import { Failure } from '../../parts/failure.tsx'
import { requestCurl } from '../../parts/request-curl.ts'
import { Timings } from '../../parts/timings.tsx'
import { Code, HeaderLines, Json } from '../../ui/code.tsx'
import { Card } from '../../ui/page.tsx'
import { Pill } from '../../ui/pill.tsx'
import { Segments } from '../../ui/tabs.tsx'
import { duration } from '../../ui/time.tsx'

export function TestVerdict({ result: { status, error_class } }: { result: WebhookTest }) {
  if (error_class === null) return <Pill tone="good">{status}</Pill>
  return <Pill tone="bad">{status ?? error_class}</Pill>
}

/** What came back, as a person wants to know it: did it work, how long, why not, and every byte for who needs it. */
export function TestResult({ type, result }: { type: string; result: WebhookTest }) {
  const [view, setView] = useState<'response' | 'request' | 'curl'>('response')
  const { error_class, error_message, hint, duration_ms, timings, request, response } = result
  return (
    <Card>
      <div role="status" className="space-y-4">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <TestVerdict result={result} />
          <p className="font-medium">
            {error_class === null ? 'Delivered' : failureWord(result)}
            <span className="font-normal text-soft"> in {duration(duration_ms)}</span>
          </p>
          <span className="ml-auto font-mono text-xs text-soft">{type}</span>
        </div>
        {error_class !== null && <Failure message={error_message} hint={hint} />}
        <Timings timings={timings} />
        <Segments
          label="What to see"
          value={view}
          options={[
            ['response', 'Response'],
            ['request', 'Request as sent'],
            ['curl', 'cURL'],
          ]}
          onChange={setView}
        />
        {view === 'response' &&
          (response ? (
            <div className="space-y-2">
              <HeaderLines headers={response.headers} />
              {response.body ? (
                <Json value={response.body} label="Copy the body" />
              ) : (
                <p className="text-sm text-soft">It had no body.</p>
              )}
              {response.truncated && (
                <p className="text-xs text-soft">Only the beginning of the body is kept.</p>
              )}
            </div>
          ) : (
            <p className="text-sm text-soft">There was no response.</p>
          ))}
        {view === 'request' && (
          <div className="space-y-2">
            <p className="font-mono text-xs break-all">
              {request.method} {request.url}
            </p>
            <HeaderLines headers={request.headers} />
            <Json value={request.body} label="Copy the body" />
          </div>
        )}
        {view === 'curl' && <Code text={requestCurl(request)} label="Copy as cURL" />}
      </div>
    </Card>
  )
}

function failureWord({ status, error_class }: WebhookTest): string {
  if (status !== null) return `Answered ${status}`
  return error_class === null ? 'Failed' : causeWord(error_class)
}
