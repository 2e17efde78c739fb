import { type ReactNode, useEffect } from 'react'
import { cn } from './class-names.ts'

type Frame = {
  title: string
  /** Beside the title: a status. */
  beside?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  /** Above the title: where this is. */
  back?: ReactNode
  children: ReactNode
  /** Reading width for forms and texts; tables take what there is. */
  narrow?: boolean
}

export function Page({ title, beside, description, actions, back, children, narrow = false }: Frame) {
  useEffect(() => {
    document.title = `${title} · Waxwing`
  }, [title])
  return (
    <main
      className={cn(
        'mx-auto w-full min-w-0 px-4 pt-5 pb-16 sm:px-8 sm:pt-7',
        narrow ? 'max-w-3xl' : 'max-w-6xl',
      )}
    >
      {back && <div className="mb-2 text-sm text-soft">{back}</div>}
      <header className="mb-6 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-64">
          <div className="flex min-h-8.5 flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="min-w-0 text-xl font-semibold tracking-tight text-pretty break-words">{title}</h1>
            {beside}
          </div>
          {description && <div className="mt-0.5 max-w-2xl text-soft text-pretty">{description}</div>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </main>
  )
}

/** A part of a page with a name. */
export function Card({
  title,
  description,
  actions,
  children,
  className,
  flush = false,
}: {
  title?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  children?: ReactNode
  className?: string
  /** The content reaches the edges: a table, a list. */
  flush?: boolean
}) {
  return (
    <section className={cn('min-w-0 rounded-xl border border-line bg-surface', className)}>
      {title && (
        <div
          className={cn(
            'flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 pt-3.5',
            flush && children ? 'border-b border-line pb-3' : '',
            children ? '' : 'pb-3.5',
          )}
        >
          <div className="min-w-0">
            <h2 className="font-semibold tracking-[-0.01em]">{title}</h2>
            {description && <p className="text-sm text-soft text-pretty">{description}</p>}
          </div>
          {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </div>
      )}
      {children && <div className={flush ? '' : 'p-4'}>{children}</div>}
    </section>
  )
}

/** Names and values, as a sheet of facts. */
export function Facts({ rows }: { rows: (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="divide-y divide-line text-sm">
      {rows.map(([name, value]) => (
        <div key={name} className="flex flex-wrap gap-x-4 gap-y-0.5 py-2 first:pt-0 last:pb-0">
          <dt className="w-28 shrink-0 text-soft">{name}</dt>
          <dd className="min-w-0 flex-1 basis-32 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
