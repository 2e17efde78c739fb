import { useEffect, useRef } from 'react'

/** `mixed`: some of what it stands for. */
export function Checkbox({
  checked,
  mixed = false,
  onChange,
  label,
  id,
}: {
  checked: boolean
  mixed?: boolean
  onChange: (checked: boolean) => void
  /** Its name, when no label element refers to `id`. */
  label?: string
  id?: string
}) {
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (box.current) box.current.indeterminate = mixed
  }, [mixed])
  return (
    <input
      ref={box}
      id={id}
      type="checkbox"
      aria-label={label}
      checked={checked}
      onChange={event => onChange(event.target.checked)}
      onClick={event => event.stopPropagation()}
      className="size-4 shrink-0 accent-accent"
    />
  )
}
