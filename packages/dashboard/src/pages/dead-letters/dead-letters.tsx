import { Link } from '@tanstack/react-router'
import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import type { Delivery, Webhook } from '../../operations.ts'
import { causeWord } from '../../parts/cause-word.ts'
import { ReplayDialog } from '../../parts/replay-dialog.tsx'
import { ReplayProgress } from '../../parts/replay-progress.tsx'
import { counted } from '../../parts/words.ts'
import { usePages, useRead } from '../../query.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { Empty, Failed, Loading } from '../../ui/list-states.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { Ago } from '../../ui/time.tsx'
import { grouped } from './groups.ts'

/** Deliveries that failed for good, by where they were going and why. */
export function DeadLetters() {
  const list = usePages('listDeadLetters', {}, { every: 10_000, limit: 250 })
  const webhooks = useRead('listWebhooks', { query: { limit: 250 } })
  const [replaying, setReplaying] = useState<string | null>(null)
  const groups = grouped(list.items)
  return (
    <Page
      title="Dead letters"
      description="Deliveries that failed for good. Nothing is lost: mend the receiver, then replay them."
    >
      <div className="space-y-4">
        {list.isPending ? (
          <Card flush>
            <Loading />
          </Card>
        ) : list.isError ? (
          <Card flush>
            <Failed error={list.error} retry={list.refetch} />
          </Card>
        ) : groups.length === 0 ? (
          <Card flush>
            <Empty title="No dead letters." action={<LinkButton to="/deliveries">All deliveries</LinkButton>}>
              A delivery comes here when its last attempt has failed, or when the receiver answers 410 Gone.
            </Empty>
          </Card>
        ) : (
          groups.map(({ webhookId, causes, count }) => (
            <Group
              key={webhookId}
              webhook={webhooks.data?.data.find(({ id }) => id === webhookId)}
              webhookId={webhookId}
              causes={causes}
              count={count}
              replay={() => setReplaying(webhookId)}
            />
          ))
        )}
        {list.hasNextPage && (
          <div className="text-center">
            <Button busy={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
              Load more: {list.items.length.toLocaleString('en')} are shown
            </Button>
          </div>
        )}
        <Replays webhooks={webhooks.data?.data ?? []} />
      </div>
      <SameWithApi operation="listDeadLetters" input={{}} />
      <ReplayDialog
        open={replaying !== null}
        onClose={() => setReplaying(null)}
        webhookId={replaying ?? ''}
        which="failed"
      />
    </Page>
  )
}

function Group({
  webhook,
  webhookId,
  causes,
  count,
  replay,
}: {
  webhook: Webhook | undefined
  webhookId: string
  causes: { cause: string; deliveries: Delivery[] }[]
  count: number
  replay: () => void
}) {
  return (
    <Card
      flush
      title={
        <Link to="/webhooks/$id" params={{ id: webhookId }} className="hover:underline">
          {webhook?.name ?? 'A deleted webhook'}
        </Link>
      }
      description={`${counted(count, 'dead letter')} to ${webhook?.webhook_url ?? 'a URL that is gone'}`}
      actions={
        <Button variant="solid" icon={<RotateCcw />} disabled={!webhook} onClick={replay}>
          Replay…
        </Button>
      }
    >
      <ul className="divide-y divide-line">
        {causes.map(({ cause, deliveries }) => {
          const [latest] = deliveries
          return (
            latest && (
              <li key={cause} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
                <div className="min-w-0 flex-1 basis-60">
                  <p className="font-medium">{causeWord(cause)}</p>
                  <p className="truncate text-sm text-soft" title={latest.error_message ?? undefined}>
                    {/^HTTP \d+$/.test(latest.error_message ?? '') ? null : latest.error_message}
                  </p>
                </div>
                <span className="text-sm text-soft">
                  latest <Ago at={latest.last_attempt_at ?? latest.created_at} />
                </span>
                <Link
                  to="/deliveries"
                  search={{
                    status: 'failed',
                    webhook: webhookId,
                    ...(latest.response_status
                      ? { code: latest.response_status }
                      : { error: (latest.error_class ?? undefined) as never }),
                  }}
                  className="text-sm font-medium text-accent hover:underline"
                >
                  {counted(deliveries.length, 'delivery', 'deliveries')}
                </Link>
              </li>
            )
          )
        })}
      </ul>
    </Card>
  )
}

function Replays({ webhooks }: { webhooks: Webhook[] }) {
  const replays = useRead('listReplays', { query: { limit: 10 } }, { every: 10_000 })
  if (!replays.data || replays.data.data.length === 0) return null
  return (
    <Card flush title="Replays">
      <ul className="divide-y divide-line">
        {replays.data.data.map(({ id, webhook_id, created_at }) => (
          <li key={id} className="px-4 py-3">
            <p className="mb-1.5 flex flex-wrap gap-x-2 text-sm">
              <span className="font-medium">{webhooks.find(webhook => webhook.id === webhook_id)?.name}</span>
              <Ago at={created_at} />
            </p>
            <ReplayProgress id={id} />
          </li>
        ))}
      </ul>
    </Card>
  )
}
