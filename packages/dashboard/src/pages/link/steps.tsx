import { Check } from 'lucide-react'
import { cn } from '../../ui/class-names.ts'

const steps = ['Preparing', 'Scan', 'Linking', 'Connected']

/** How far linking has come; `at` is the step that is under way, and the last is done when reached. */
export function Steps({ at }: { at: number }) {
  return (
    <ol className="flex flex-wrap items-center justify-center gap-x-2 gap-y-1 text-xs">
      {steps.map((step, index) => {
        const done = index < at || at === steps.length - 1
        return (
          <li
            key={step}
            aria-current={index === at ? 'step' : undefined}
            className={cn(
              'flex items-center gap-1 sm:gap-1.5',
              done ? 'text-good' : index === at ? 'text-ink' : 'text-faint',
            )}
          >
            {index > 0 && <span className="h-px w-2 bg-line sm:mr-0.5 sm:w-6" aria-hidden />}
            {done ? (
              <Check className="size-3.5" aria-hidden />
            ) : (
              <span
                className={cn('size-1.5 rounded-full', index === at ? 'bg-accent' : 'bg-strong-line')}
                aria-hidden
              />
            )}
            <span className={index === at ? 'font-medium' : ''}>{step}</span>
          </li>
        )
      })}
    </ol>
  )
}
