import { useState } from 'react'
import type { Attempt, DeliveryDetail } from '../../operations.ts'
import { Failure } from '../../parts/failure.tsx'
import { requestCurl } from '../../parts/request-curl.ts'
import { Timings } from '../../parts/timings.tsx'
import { Code, HeaderLines, Json } from '../../ui/code.tsx'
import { Card } from '../../ui/page.tsx'
import { Segments } from '../../ui/tabs.tsx'
import { duration } from '../../ui/time.tsx'

const views = [
  ['response', 'Response'],
  ['request', 'Request'],
  ['event', 'Event'],
  ['curl', 'cURL'],
] as const

/** One request: what was sent, what came back, and when it failed what to look at. */
export function AttemptView({
  delivery,
  attempt,
  url,
}: {
  delivery: DeliveryDetail
  attempt: Attempt | undefined
  url: string
}) {
  const [view, setView] = useState<(typeof views)[number][0]>(attempt ? 'response' : 'event')
  const body = delivery.payload ? JSON.stringify(delivery.payload) : ''
  return (
    <Card
      title={attempt ? `Attempt ${attempt.attempt}` : 'No attempt yet'}
      description={
        attempt
          ? `${attempt.response_status ?? attempt.error_class} in ${duration(attempt.duration_ms)}`
          : undefined
      }
      actions={<Segments label="What to see" value={view} options={views} onChange={setView} />}
    >
      <div className="space-y-3">
        {attempt?.error_class && (
          <Failure message={attempt.error_message ?? attempt.error_class} hint={attempt.hint} />
        )}
        {attempt && view !== 'event' && <Timings timings={attempt.timings} />}
        {view === 'event' &&
          (delivery.payload ? (
            <Json value={delivery.payload} label="Copy the event" />
          ) : (
            <Nothing>Retention has dropped the event; the attempts are still here.</Nothing>
          ))}
        {view === 'response' && <Response attempt={attempt} />}
        {view === 'request' &&
          (attempt ? (
            <>
              <p className="font-mono text-xs break-all">POST {url}</p>
              <HeaderLines headers={attempt.request_headers} />
              <Json value={body} label="Copy the body" />
            </>
          ) : (
            <Nothing>Nothing was sent yet.</Nothing>
          ))}
        {view === 'curl' &&
          (attempt ? (
            <Code text={requestCurl({ url, headers: attempt.request_headers, body })} label="Copy as cURL" />
          ) : (
            <Nothing>Nothing was sent yet.</Nothing>
          ))}
      </div>
    </Card>
  )
}

function Response({ attempt }: { attempt: Attempt | undefined }) {
  if (!attempt) return <Nothing>Nothing was sent yet.</Nothing>
  if (attempt.response_headers === null) return <Nothing>There was no response.</Nothing>
  return (
    <>
      <HeaderLines headers={attempt.response_headers} />
      {attempt.response_body ? (
        <Json value={attempt.response_body} label="Copy the body" />
      ) : (
        <Nothing>It had no body.</Nothing>
      )}
    </>
  )
}

function Nothing({ children }: { children: string }) {
  return <p className="text-sm text-soft">{children}</p>
}
