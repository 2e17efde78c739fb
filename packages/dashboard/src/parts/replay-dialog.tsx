import { useEffect, useState } from 'react'
import { useChange, useRead } from '../query.ts'
import { refusalOf } from '../refusal.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Choice, TextField } from '../ui/field.tsx'
import { Complaint } from '../ui/list-states.tsx'
import { ReplayProgress } from './replay-progress.tsx'

const whiches = [
  ['', 'Dead letters, and what was never sent'],
  ['failed', 'Dead letters'],
  ['missing', 'What was never sent, for it was paused or not there'],
  ['cancelled', 'What was cancelled'],
] as const

type Which = (typeof whiches)[number][0]

/** `2026-11-24T13:05`, as a field for local time has it. */
function local(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** Recover: everything a webhook missed since a time, sent as a job that is throttled and watched. */
export function ReplayDialog({
  open,
  onClose,
  webhookId = '',
  which: given = '',
}: {
  open: boolean
  onClose: () => void
  webhookId?: string
  which?: Which
}) {
  const webhooks = useRead('listWebhooks', { query: { limit: 250 } }, { enabled: open })
  const [webhook, setWebhook] = useState(webhookId)
  const [which, setWhich] = useState<Which>(given)
  const [since, setSince] = useState(() => local(new Date(Date.now() - 24 * 3_600_000)))
  const [rate, setRate] = useState('50')
  const replay = useChange('replayDeliveries', { stale: ['listReplays'] })
  const { reset } = replay
  useEffect(() => {
    if (!open) return
    setWebhook(webhookId)
    setWhich(given)
    reset()
  }, [open, webhookId, given, reset])
  const start = () =>
    replay.mutate({
      body: {
        webhook_id: webhook || (webhooks.data?.data[0]?.id ?? ''),
        since: new Date(since).toISOString(),
        rate: Number(rate),
        ...(which === '' ? {} : { status: which }),
      },
    })
  const fault = (pointer: string) =>
    replay.error ? refusalOf(replay.error).faults.find(one => one.pointer === pointer)?.detail : undefined
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Recover what a webhook missed"
      description="Sends it again, oldest first, beside what happens meanwhile. What a receiver already answered with 2xx is not sent."
      footer={
        replay.data ? (
          <Button onClick={onClose}>Close</Button>
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button variant="solid" busy={replay.isPending} onClick={start}>
              Start
            </Button>
          </>
        )
      }
    >
      {replay.data ? (
        <ReplayProgress id={replay.data.id} />
      ) : (
        <div className="space-y-3">
          <Choice
            label="Webhook"
            value={webhook}
            onChange={({ target }) => setWebhook(target.value)}
            options={(webhooks.data?.data ?? []).map(({ id, name }) => [id, name])}
            error={fault('/webhook_id')}
          />
          <Choice
            label="What"
            value={which}
            onChange={({ target }) => setWhich(target.value as Which)}
            options={whiches}
          />
          <div className="grid gap-3 sm:grid-cols-2">
            <TextField
              label="Since"
              type="datetime-local"
              value={since}
              onChange={({ target }) => setSince(target.value)}
              error={fault('/since')}
            />
            <TextField
              label="Deliveries a second"
              type="number"
              min={1}
              max={500}
              value={rate}
              onChange={({ target }) => setRate(target.value)}
              error={fault('/rate')}
            />
          </div>
          <Complaint error={replay.error} />
        </div>
      )}
    </Dialog>
  )
}
