import type { Overview } from '../operations.ts'
import { Bars } from '../ui/bars.tsx'

/** The time a slice begins, as long as the window makes it useful. */
export function sliceTitle(at: string, sliceSeconds: number): string {
  const date = new Date(at)
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false })
  return sliceSeconds < 7_200
    ? time
    : `${date.toLocaleDateString([], { month: 'short', day: 'numeric' })} ${time}`
}

/** Attempts over time, by how they ended. */
export function AttemptsChart({ overview }: { overview: Overview }) {
  return (
    <Bars
      label="Attempts"
      bars={overview.slices.map(({ at, succeeded, failed }) => ({
        title: sliceTitle(at, overview.slice_s),
        good: succeeded,
        bad: failed,
      }))}
    />
  )
}
