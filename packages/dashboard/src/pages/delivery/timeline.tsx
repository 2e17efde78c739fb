import { ArrowRight, Check, Clock, type LucideIcon, X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Attempt, DeliveryDetail } from '../../operations.ts'
import { cn } from '../../ui/class-names.ts'
import { Ago, clock, duration, exact, useNow } from '../../ui/time.tsx'

type Props = {
  delivery: DeliveryDetail
  committedAt: string | null
  chosen: number | null
  choose: (attempt: number) => void
}

/** Received, committed, each attempt with its answer, and what comes next. */
export function Timeline({ delivery, committedAt, chosen, choose }: Props) {
  const { created_at, attempt_log, status, next_attempt_at } = delivery
  return (
    <ol>
      <Step icon={ArrowRight} at={created_at}>
        Happened
      </Step>
      {committedAt && (
        <Step icon={Check} at={committedAt}>
          Committed, {duration(Math.max(0, Date.parse(committedAt) - Date.parse(created_at)))} later
        </Step>
      )}
      {attempt_log.map(attempt => (
        <AttemptStep
          key={attempt.id}
          attempt={attempt}
          chosen={attempt.attempt === chosen}
          choose={() => choose(attempt.attempt)}
        />
      ))}
      {status === 'pending' && next_attempt_at && (
        <NextStep at={next_attempt_at} first={attempt_log.length === 0} />
      )}
      {status === 'failed' && (
        <Step icon={X} tone="text-bad">
          Dead letter: no further attempt by itself
        </Step>
      )}
      {status === 'cancelled' && <Step icon={X}>Cancelled</Step>}
    </ol>
  )
}

function AttemptStep({ attempt, chosen, choose }: { attempt: Attempt; chosen: boolean; choose: () => void }) {
  const { attempt: number, started_at, response_status, error_class, duration_ms } = attempt
  const good = error_class === null
  return (
    <Step icon={good ? Check : X} tone={good ? 'text-good' : 'text-bad'} at={started_at}>
      <button
        type="button"
        aria-pressed={chosen}
        onClick={choose}
        className="-mx-1.5 rounded-md px-1.5 text-left hover:bg-hover aria-pressed:bg-hover"
      >
        Attempt {number}:{' '}
        <span className={good ? 'text-good' : 'text-bad'}>{response_status ?? error_class}</span>
        <span className="text-soft">, {duration(duration_ms)}</span>
      </button>
    </Step>
  )
}

function NextStep({ at, first }: { at: string; first: boolean }) {
  const left = Date.parse(at) - useNow()
  return (
    <Step icon={Clock} tone="text-accent" at={at}>
      {first ? 'First' : 'Next'} attempt {left > 0 ? `in ${clock(left)}` : 'due now'}
    </Step>
  )
}

function Step({
  icon: Icon,
  tone = 'text-soft',
  at,
  children,
}: {
  icon: LucideIcon
  tone?: string
  at?: string
  children: ReactNode
}) {
  return (
    <li className="group relative flex gap-3 pb-4 last:pb-0">
      <span className="absolute top-5 bottom-0 left-2.5 w-px bg-line group-last:hidden" aria-hidden />
      <span className={cn('flex size-5 shrink-0 items-center justify-center rounded-full bg-hover', tone)}>
        <Icon className="size-3" aria-hidden />
      </span>
      <div className="min-w-0 text-sm">
        <div>{children}</div>
        {at && (
          <div className="flex gap-2 text-xs text-soft">
            <span>{exact(at)}</span>
            <Ago at={at} />
          </div>
        )}
      </div>
    </li>
  )
}
