import { Lightbulb } from 'lucide-react'
import { Prose } from '../ui/prose.tsx'

/** Why a request failed, and what to look at. */
export function Failure({ message, hint }: { message: string | null; hint: string | null }) {
  return (
    <div className="rounded-lg border border-bad/25 bg-bad-tint px-3 py-2.5 text-sm">
      {message && <p className="break-words text-bad">{message}</p>}
      {hint && (
        <p className="mt-1 flex gap-1.5 text-pretty">
          <Lightbulb className="mt-0.5 size-3.5 shrink-0 text-soft" aria-hidden />
          <span>
            <Prose text={hint} />
          </span>
        </p>
      )}
    </div>
  )
}
