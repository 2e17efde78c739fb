import { type ComponentProps, type ReactNode, useId } from 'react'
import { cn } from './class-names.ts'

const box =
  'w-full min-w-0 rounded-lg border border-line bg-surface px-2.5 text-base text-ink hover:border-strong-line disabled:opacity-60 aria-invalid:border-bad'

type Labelled = {
  label: string
  /** The label is read, not seen: the place says what it is. */
  silent?: boolean
  hint?: ReactNode
  error?: string | null
}

function Labelled({
  id,
  label,
  silent,
  hint,
  error,
  children,
}: Labelled & { id: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <label htmlFor={id} className={silent ? 'sr-only' : 'mb-1 block text-sm font-medium'}>
        {label}
      </label>
      {children}
      {error ? (
        <p id={`${id}-error`} role="alert" className="mt-1 text-sm text-bad">
          {error}
        </p>
      ) : (
        hint && (
          <div id={`${id}-hint`} className="mt-1 text-sm text-soft">
            {hint}
          </div>
        )
      )}
    </div>
  )
}

function described(id: string, { hint, error }: Labelled): string | undefined {
  if (error) return `${id}-error`
  return hint ? `${id}-hint` : undefined
}

export function TextField({
  label,
  silent,
  hint,
  error,
  className,
  ...rest
}: Labelled & ComponentProps<'input'>) {
  const id = useId()
  const labelled = { label, silent, hint, error }
  return (
    <Labelled id={id} {...labelled}>
      <input
        id={id}
        autoComplete="off"
        spellCheck={false}
        {...rest}
        aria-invalid={error ? true : undefined}
        aria-describedby={described(id, labelled)}
        className={cn(box, 'h-8.5', className)}
      />
    </Labelled>
  )
}

export function TextArea({
  label,
  silent,
  hint,
  error,
  className,
  ...rest
}: Labelled & ComponentProps<'textarea'>) {
  const id = useId()
  const labelled = { label, silent, hint, error }
  return (
    <Labelled id={id} {...labelled}>
      <textarea
        id={id}
        autoComplete="off"
        spellCheck={false}
        {...rest}
        aria-invalid={error ? true : undefined}
        aria-describedby={described(id, labelled)}
        className={cn(box, 'py-2', className)}
      />
    </Labelled>
  )
}

export function Choice({
  label,
  silent,
  hint,
  error,
  className,
  options,
  ...rest
}: Labelled & ComponentProps<'select'> & { options: readonly (readonly [value: string, text: string])[] }) {
  const id = useId()
  const labelled = { label, silent, hint, error }
  return (
    <Labelled id={id} {...labelled}>
      <select
        id={id}
        {...rest}
        aria-invalid={error ? true : undefined}
        aria-describedby={described(id, labelled)}
        className={cn(box, 'h-8.5 pr-7', className)}
      >
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Labelled>
  )
}
