import { Check, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api.ts'
import type { InboxRequest } from '../../operations.ts'
import { counted } from '../../parts/words.ts'
import { queryClient, useChange, usePages, useRead } from '../../query.ts'
import { HeaderLines, Json } from '../../ui/code.tsx'
import { ConfirmButton } from '../../ui/confirm.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Choice } from '../../ui/field.tsx'
import { Complaint, Empty, Listing } from '../../ui/list-states.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Pill } from '../../ui/pill.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { exact } from '../../ui/time.tsx'
import { UseInbox } from '../welcome/use-inbox.tsx'

const statuses = [
  [200, '200 OK'],
  [204, '204 No Content'],
  [400, '400 Bad Request'],
  [401, '401 Unauthorized'],
  [404, '404 Not Found'],
  [410, '410 Gone: ends the delivery at once'],
  [429, '429 Too Many Requests'],
  [500, '500 Internal Server Error'],
  [503, '503 Service Unavailable'],
] as const
const delays = [
  [0, 'at once'],
  [1_000, 'after 1 s'],
  [5_000, 'after 5 s'],
  [15_000, 'after 15 s: more than the usual timeout'],
] as const

/** A receiver for those who have none yet, and to rehearse one that fails. */
export function Inbox() {
  const inbox = useRead('getInbox', {}, { every: 2_000 })
  const webhooks = usePages('listWebhooks', {}, { limit: 250 })
  const update = useChange('updateInbox', { stale: ['getInbox'] })
  const [open, setOpen] = useState<string | null>(null)
  const { url = '', status = 200, delay_ms = 0, requests = [] } = inbox.data ?? {}
  const pointing = webhooks.items.filter(({ webhook_url }) => webhook_url === url)
  return (
    <Page
      title="Inbox"
      description="A receiver built into this gateway. It verifies each request, and answers as you choose, to rehearse retries."
      actions={
        requests.length > 0 && (
          <ConfirmButton
            label="Clear"
            icon={<Trash2 />}
            title="Clear the inbox?"
            action="Clear"
            run={async () => {
              await call('clearInbox', {})
              await queryClient.invalidateQueries({ queryKey: ['getInbox'] })
            }}
          >
            {counted(requests.length, 'request')} will be forgotten here. Deliveries keep their own record of
            each.
          </ConfirmButton>
        )
      }
    >
      <div className="space-y-4">
        <Card>
          <div className="space-y-4">
            <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
              <span className="text-sm text-soft">Its URL</span>
              <code className="min-w-0 font-mono text-xs break-all">{url}</code>
              {url && <CopyButton text={url} label="Copy the URL" />}
              <span className="ml-auto text-sm text-soft">
                {pointing.length > 0
                  ? `${counted(pointing.length, 'webhook')} ${pointing.length === 1 ? 'points' : 'point'} here`
                  : 'no webhook points here'}
              </span>
            </div>
            <div className="grid gap-3 sm:grid-cols-2">
              <Choice
                label="It answers with"
                value={String(status)}
                onChange={({ target }) => update.mutate({ body: { status: Number(target.value) } })}
                options={statuses.map(([value, text]) => [String(value), text])}
              />
              <Choice
                label="When"
                value={String(delay_ms)}
                onChange={({ target }) => update.mutate({ body: { delay_ms: Number(target.value) } })}
                options={delays.map(([value, text]) => [String(value), text])}
              />
            </div>
            <Complaint error={update.error} />
          </div>
        </Card>
        <Card flush className="overflow-hidden">
          <Listing
            read={inbox}
            count={requests.length}
            empty={
              <Empty
                title="Nothing has arrived."
                action={pointing.length === 0 && webhooks.isSuccess ? <UseInbox /> : undefined}
              >
                {pointing.length === 0
                  ? 'Point a webhook here, and every event stands in this list with the verdict on its signature.'
                  : 'The next event stands here. Send a test, or write to a linked number.'}
              </Empty>
            }
          >
            <ul className="divide-y divide-line">
              {requests.map(request => (
                <Row
                  key={request.id}
                  request={request}
                  open={open === request.id}
                  toggle={() => setOpen(open === request.id ? null : request.id)}
                />
              ))}
            </ul>
          </Listing>
        </Card>
      </div>
      <SameWithApi operation="updateInbox" input={{ body: { status: 503 } }} />
    </Page>
  )
}

function Row({ request, open, toggle }: { request: InboxRequest; open: boolean; toggle: () => void }) {
  const { received_at, headers, body, verdict, answered } = request
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        onClick={toggle}
        className="flex w-full flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5 text-left hover:bg-hover/50"
      >
        <span className="w-20 text-sm text-faint">{exact(received_at)}</span>
        <span className="min-w-0 flex-1 basis-40 truncate font-mono text-sm">
          {headers['x-event-type'] ?? 'not an event'}
        </span>
        <span className="text-sm text-soft">attempt {headers['x-delivery-attempt'] ?? '?'}</span>
        <span className="flex items-center gap-1.5 text-sm">
          {verdict.ok ? (
            <>
              <Check className="size-4 text-good" aria-hidden /> <span className="text-good">verified</span>
            </>
          ) : (
            <>
              <X className="size-4 text-bad" aria-hidden /> <span className="text-bad">not verified</span>
            </>
          )}
        </span>
        <Pill tone={answered < 300 ? 'good' : 'bad'}>{answered}</Pill>
      </button>
      {open && (
        <div className="grid gap-3 border-t border-line bg-sunken p-4 lg:grid-cols-2">
          <p className="text-sm lg:col-span-2">
            {verdict.ok ? `The ${verdict.scheme} signature is right.` : verdict.detail}
          </p>
          <HeaderLines headers={headers} />
          <Json value={body} label="Copy the body" />
        </div>
      )}
    </li>
  )
}
