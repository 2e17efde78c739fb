/** The four states of a list: on its way, not to be had, nothing that matches, nothing yet. */
import { AlertTriangle, RotateCw, SearchX } from 'lucide-react'
import type { ReactNode } from 'react'
import { refusalOf } from '../refusal.ts'
import { Button } from './button.tsx'
import { CopyButton } from './copy.tsx'

export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="divide-y divide-line">
      {Array.from({ length: rows }, (_, at) => (
        // Rows that are not there yet have no other name.
        <div key={at} className="flex h-11 items-center gap-4 px-4">
          <div className="skeleton h-3 w-16" />
          <div className="skeleton h-3 flex-1" />
          <div className="skeleton h-3 w-24" />
        </div>
      ))}
    </div>
  )
}

/** The error stays until it is gone: it is the only copy. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const refusal = refusalOf(error)
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-6 py-10 text-center">
      <AlertTriangle className="size-5 text-bad" aria-hidden />
      <p className="font-medium">{refusal.title}</p>
      <p className="max-w-md text-sm text-soft text-pretty">{refusal.message}</p>
      {refusal.requestId && (
        <p className="flex items-center gap-1 font-mono text-xs text-faint">
          request {refusal.requestId} <CopyButton text={refusal.requestId} label="Copy the request id" />
        </p>
      )}
      {retry && (
        <Button onClick={retry} icon={<RotateCw />}>
          Try again
        </Button>
      )}
    </div>
  )
}

export function NoMatch({ clear }: { clear: () => void }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-10 text-center">
      <SearchX className="size-5 text-faint" aria-hidden />
      <p className="font-medium">Nothing matches these filters.</p>
      <Button onClick={clear}>Clear filters</Button>
    </div>
  )
}

/** What would be here, and the next step to get it. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <p className="font-medium">{title}</p>
      {children && <div className="max-w-lg text-sm text-soft text-pretty">{children}</div>}
      {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}

/** A refusal beside the thing that was tried. */
export function Complaint({ error }: { error: unknown }) {
  if (!error) return null
  const refusal = refusalOf(error)
  return (
    <p
      role="alert"
      className="rounded-lg border border-bad/25 bg-bad-tint px-3 py-2 text-sm text-bad text-pretty"
    >
      <span className="font-medium">{refusal.title}</span> {refusal.message}
    </p>
  )
}

type Read = { isPending: boolean; isError: boolean; error: unknown; refetch: () => unknown }

/** A list in whichever of its states it is. `count` is what there is, `shown` what the filters leave of it. */
export function Listing({
  read,
  count,
  shown = count,
  clear,
  empty,
  rows,
  children,
}: {
  read: Read
  count: number
  shown?: number
  clear?: () => void
  empty: ReactNode
  /** How many are drawn while it loads. */
  rows?: number
  children: ReactNode
}) {
  if (read.isPending) return <Loading rows={rows} />
  if (read.isError) return <Failed error={read.error} retry={read.refetch} />
  if (count === 0) return empty
  if (shown === 0 && clear) return <NoMatch clear={clear} />
  return children
}
