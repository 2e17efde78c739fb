import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from './button.tsx'
import { cn } from './class-names.ts'

/** Puts text on the clipboard; `copied` is true for a moment after. */
export function useCopy(): { copied: boolean; copy: (text: string) => Promise<void> } {
  const [copied, setCopied] = useState(false)
  const copy = async (text: string) => {
    await write(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 1_200)
  }
  return { copied, copy }
}

/** The clipboard API is closed to pages on plain http outside this machine; the old command is not. */
async function write(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
}

export function CopyButton({
  text,
  label = 'Copy',
  className,
}: {
  text: string
  label?: string
  className?: string
}) {
  const { copied, copy } = useCopy()
  return (
    <IconButton label={copied ? 'Copied' : label} onClick={() => copy(text)} className={className}>
      {copied ? <Check className="text-good" /> : <Copy />}
    </IconButton>
  )
}

/** An id: the tail that tells it from its neighbours, the whole on hover, copied by a click. */
export function Id({
  value,
  whole = false,
  className,
}: {
  value: string
  whole?: boolean
  className?: string
}) {
  const { copied, copy } = useCopy()
  return (
    <button
      type="button"
      title={`${value}: click to copy`}
      onClick={event => {
        event.preventDefault()
        event.stopPropagation()
        copy(value)
      }}
      className={cn(
        'inline-flex max-w-full items-center gap-1 rounded px-1 -mx-1 font-mono text-xs text-soft hover:bg-hover hover:text-ink',
        className,
      )}
    >
      <span className="sr-only">Copy </span>
      <span className={whole ? 'break-all text-left' : 'whitespace-nowrap'}>
        {whole ? value : shortId(value)}
      </span>
      {copied && <Check className="size-3 shrink-0 text-good" aria-hidden />}
    </button>
  )
}

/** UUIDv7s of one minute begin alike; their ends differ. */
export function shortId(id: string): string {
  return id.length > 14 ? `…${id.slice(-8)}` : id
}
