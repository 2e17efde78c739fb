import type { ReactNode } from 'react'
import { cn } from '../../ui/class-names.ts'

/** One number, what it counts, and a word about it. */
export function Figure({
  name,
  value,
  tone,
  className,
  children,
}: {
  name: string
  value: ReactNode
  tone?: 'bad'
  className?: string
  children?: ReactNode
}) {
  return (
    <div className={cn('min-w-0 bg-surface px-4 py-3', className)}>
      <p className="text-sm text-soft">{name}</p>
      {value === undefined ? (
        <div className="skeleton my-1 h-6 w-16" />
      ) : (
        <p className={cn('text-2xl font-semibold tracking-tight', tone === 'bad' && 'text-bad')}>{value}</p>
      )}
      <p className="min-h-5 truncate text-sm text-faint">{children}</p>
    </div>
  )
}
