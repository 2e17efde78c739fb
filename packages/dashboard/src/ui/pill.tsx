import type { ReactNode } from 'react'
import { cn } from './class-names.ts'

export type Tone = 'good' | 'warn' | 'bad' | 'accent' | 'quiet'

const tones: Record<Tone, { text: string; dot: string }> = {
  good: { text: 'bg-good-tint text-good', dot: 'bg-good' },
  warn: { text: 'bg-warn-tint text-warn', dot: 'bg-warn' },
  bad: { text: 'bg-bad-tint text-bad', dot: 'bg-bad' },
  accent: { text: 'bg-accent-tint text-accent', dot: 'bg-accent' },
  quiet: { text: 'bg-hover text-soft', dot: 'bg-faint' },
}

/** A state in a word. The dot is for the eye; the word is what says it. */
export function Pill({ tone, children, dot = true }: { tone: Tone; children: ReactNode; dot?: boolean }) {
  return (
    <span
      className={cn(
        'inline-flex h-5 shrink-0 items-center gap-1.5 rounded-full px-2 text-xs font-medium whitespace-nowrap',
        tones[tone].text,
      )}
    >
      {dot && <span className={cn('size-1.5 rounded-full', tones[tone].dot)} />}
      {children}
    </span>
  )
}
