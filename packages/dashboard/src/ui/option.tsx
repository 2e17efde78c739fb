import type { ReactNode } from 'react'

/** Something that can be switched or done, what it means, and the control for it. */
export function Option({
  title,
  detail,
  children,
}: {
  title: string
  detail: ReactNode
  children: ReactNode
}) {
  return (
    <div className="flex items-start justify-between gap-6">
      <div className="min-w-0">
        <p className="font-medium">{title}</p>
        <div className="text-sm text-soft text-pretty">{detail}</div>
      </div>
      {children}
    </div>
  )
}
