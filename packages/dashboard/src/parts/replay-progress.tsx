import { Pause, Play, X } from 'lucide-react'
import type { Replay } from '../operations.ts'
import { useChange, useRead } from '../query.ts'
import { IconButton } from '../ui/button.tsx'
import { Complaint } from '../ui/list-states.tsx'
import { Pill, type Tone } from '../ui/pill.tsx'

const tones: Record<Replay['status'], Tone> = {
  running: 'accent',
  paused: 'warn',
  cancelled: 'quiet',
  finished: 'good',
}

const waits: Record<NonNullable<Replay['waiting_reason']>, string> = {
  webhook_disabled: 'It waits: the webhook is paused.',
  endpoint_disabled:
    'It waits: the receiver was down for so long that nothing is sent until somebody tries again.',
  endpoint_suspended: 'It waits: the receiver is down.',
  endpoint_degraded: 'It waits: the receiver fails too often now.',
  endpoint_paused: 'It waits: the receiver has asked for patience.',
}

/** A replay at work: how far it is, and the handle to stop it. */
export function ReplayProgress({ id }: { id: string }) {
  const replay = useRead(
    'getReplay',
    { params: { id } },
    { every: answer => (answer && ['cancelled', 'finished'].includes(answer.status) ? false : 1_000) },
  )
  const stale = ['getReplay', 'listReplays'] as const
  const pause = useChange('pauseReplay', { stale })
  const resume = useChange('resumeReplay', { stale })
  const cancel = useChange('cancelReplay', { stale })
  if (!replay.data) return <Complaint error={replay.error} />
  const { status, progress, handled, replayed, rate, waiting_reason } = replay.data
  const params = { id }
  return (
    <div>
      <div className="flex items-center gap-2">
        <Pill tone={tones[status]}>{status}</Pill>
        <span className="text-sm text-soft">
          {handled.toLocaleString('en')} looked at, {replayed.toLocaleString('en')} sent again, {rate} a
          second
        </span>
        <span className="ml-auto flex">
          {status === 'running' && (
            <IconButton label="Pause this replay" onClick={() => pause.mutate({ params })}>
              <Pause />
            </IconButton>
          )}
          {status === 'paused' && (
            <IconButton label="Resume this replay" onClick={() => resume.mutate({ params })}>
              <Play />
            </IconButton>
          )}
          {(status === 'running' || status === 'paused') && (
            <IconButton label="Cancel this replay" onClick={() => cancel.mutate({ params })}>
              <X />
            </IconButton>
          )}
        </span>
      </div>
      <div
        role="progressbar"
        aria-label="Progress of the replay"
        aria-valuenow={Math.round(progress * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        className="mt-2 h-1.5 overflow-hidden rounded-full bg-hover"
      >
        <div
          className="h-full rounded-full bg-accent transition-[width] duration-100"
          style={{ width: `${progress * 100}%` }}
        />
      </div>
      {waiting_reason && <p className="mt-1.5 text-sm text-warn">{waits[waiting_reason]}</p>}
      <Complaint error={pause.error ?? resume.error ?? cancel.error} />
    </div>
  )
}
