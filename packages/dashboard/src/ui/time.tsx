import { useSyncExternalStore } from 'react'
import { cn } from './class-names.ts'
import { useCopy } from './copy.tsx'

const watchers = new Set<() => void>()
let now = Date.now()
let ticking: ReturnType<typeof setInterval> | undefined

function watch(watcher: () => void): () => void {
  if (watchers.size === 0) now = Date.now()
  watchers.add(watcher)
  ticking ??= setInterval(() => {
    now = Date.now()
    for (const each of watchers) each()
  }, 1_000)
  return () => {
    watchers.delete(watcher)
    if (watchers.size > 0) return
    clearInterval(ticking)
    ticking = undefined
  }
}

/** The time, again every second. One clock for the whole page, so that all countdowns tick together. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => now)
}

const units = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
] as const

/** `42s`, `5m`, `3h`, `12d` */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  const unit = units.find(([size]) => seconds >= size)
  return unit ? `${Math.floor(seconds / unit[0])}${unit[1]}` : `${seconds}s`
}

/** `4:05`, for a countdown. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000))
  if (seconds >= 3_600) return span(ms)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** How long ago, or until; exact on hover, ISO by a click. */
export function Ago({ at, className }: { at: string; className?: string }) {
  const now = useNow()
  const { copied, copy } = useCopy()
  const passed = now - Date.parse(at)
  const text = passed >= 0 ? (passed < 1_000 ? 'now' : `${span(passed)} ago`) : `in ${span(-passed)}`
  return (
    <button
      type="button"
      title={`${new Date(at).toLocaleString()} (${at}): click to copy`}
      onClick={event => {
        event.preventDefault()
        event.stopPropagation()
        copy(at)
      }}
      className={cn(
        'rounded px-1 -mx-1 whitespace-nowrap text-soft hover:bg-hover hover:text-ink',
        className,
      )}
    >
      <time dateTime={at}>{copied ? 'copied' : text}</time>
    </button>
  )
}

/** The clock time of a moment, to the second; the day too when it is not today. */
export function exact(at: string): string {
  const date = new Date(at)
  const time = date.toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  })
  return date.toDateString() === new Date().toDateString()
    ? time
    : `${date.toLocaleDateString([], { month: 'short', day: 'numeric' })} ${time}`
}

/** Milliseconds as a person says them. */
export function duration(ms: number): string {
  if (ms < 1) return '<1 ms'
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toFixed(ms < 10_000 ? 2 : 1))} s`
}
