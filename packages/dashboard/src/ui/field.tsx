import { type ComponentProps, type ReactNode, useId } from 'react'
import { cn } from './class-names.ts'

const box =
  'w-full min-w-0 rounded-lg border border-line bg-surface px-2.5 text-base text-ink hover:border-strong-line disabled:opacity-60 aria-invalid:border-bad'

type Labels = {
  label: string
  /** The label is read, not seen: the place says what it is. */
  silent?: boolean
  hint?: ReactNode
  error?: string | null
}

/** What ties a control to its label, hint and error; the error takes the place of the hint. */
function useLabels({ hint, error }: Labels, given?: string) {
  const own = useId()
  const id = given ?? own
  return {
    id,
    'aria-invalid': error ? true : undefined,
    'aria-describedby': error ? `${id}-error` : hint ? `${id}-hint` : undefined,
  }
}

function Labelled({
  id,
  label,
  silent,
  hint,
  error,
  children,
}: Labels & { id: string; children: ReactNode }) {
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

/** Written by people for programs: nothing is filled in or corrected unless asked for. */
const plain = { autoComplete: 'off', spellCheck: false } as const

export function TextField({
  label,
  silent,
  hint,
  error,
  className,
  ...rest
}: Labels & ComponentProps<'input'>) {
  const labels = { label, silent, hint, error }
  const tied = useLabels(labels, rest.id)
  return (
    <Labelled {...labels} id={tied.id}>
      <input {...plain} {...rest} {...tied} className={cn(box, 'h-8.5', className)} />
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
}: Labels & ComponentProps<'textarea'>) {
  const labels = { label, silent, hint, error }
  const tied = useLabels(labels, rest.id)
  return (
    <Labelled {...labels} id={tied.id}>
      <textarea {...plain} {...rest} {...tied} className={cn(box, 'py-2', className)} />
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
}: Labels & ComponentProps<'select'> & { options: readonly (readonly [value: string, text: string])[] }) {
  const labels = { label, silent, hint, error }
  const tied = useLabels(labels, rest.id)
  return (
    <Labelled {...labels} id={tied.id}>
      <select {...rest} {...tied} className={cn(box, 'h-8.5 pr-7', className)}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Labelled>
  )
}
