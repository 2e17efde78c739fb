import { Fragment, type ReactNode } from 'react'
import { cn } from './class-names.ts'
import { CopyButton } from './copy.tsx'

/** Text as it is, to be copied. Long lines scroll inside the block, never the page. */
export function Code({
  text,
  children,
  className,
  label = 'Copy',
}: {
  text: string
  children?: ReactNode
  className?: string
  label?: string
}) {
  return (
    <div className={cn('group relative min-w-0 rounded-lg border border-line bg-sunken', className)}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0} className="max-h-[28rem] overflow-auto p-3 pr-10 font-mono text-xs leading-relaxed">
        {children ?? text}
      </pre>
      <CopyButton text={text} label={label} className="absolute top-1.5 right-1.5 bg-sunken" />
    </div>
  )
}

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g

/** A JSON value with its keys, texts and numbers told apart. */
export function Json({ value, className, label }: { value: unknown; className?: string; label?: string }) {
  const text = typeof value === 'string' ? pretty(value) : JSON.stringify(value, null, 2)
  return (
    <Code text={text} className={className} label={label}>
      {coloured(text)}
    </Code>
  )
}

/** Indented when it is JSON, as it is when not. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function coloured(text: string): ReactNode[] {
  const parts: ReactNode[] = []
  let at = 0
  for (const match of text.matchAll(token)) {
    const [whole, string, colon, word] = match
    parts.push(text.slice(at, match.index))
    const tone = colon ? 'text-key' : string ? 'text-string' : word ? 'text-accent' : 'text-number'
    parts.push(
      <Fragment key={match.index}>
        <span className={tone}>{string ?? whole}</span>
        {colon}
      </Fragment>,
    )
    at = match.index + whole.length
  }
  return [...parts, text.slice(at)]
}

/** Header lines, names and values told apart. */
export function HeaderLines({ headers }: { headers: Readonly<Record<string, string>> }) {
  const text = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
  return (
    <Code text={text} label="Copy the headers">
      {Object.entries(headers).map(([name, value]) => (
        <div key={name} className="break-all whitespace-pre-wrap">
          <span className="text-key">{name}</span>
          <span className="text-faint">: </span>
          {value}
        </div>
      ))}
    </Code>
  )
}
