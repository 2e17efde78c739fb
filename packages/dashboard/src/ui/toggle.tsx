import { Switch } from '@base-ui/react/switch'
import { cn } from './class-names.ts'

export function Toggle({
  checked,
  onChange,
  label,
  disabled = false,
}: {
  checked: boolean
  onChange: (checked: boolean) => void
  label: string
  disabled?: boolean
}) {
  return (
    <Switch.Root
      checked={checked}
      onCheckedChange={onChange}
      disabled={disabled}
      aria-label={label}
      className={cn(
        'flex h-5 w-8.5 shrink-0 items-center rounded-full p-0.5 transition-colors duration-100',
        'bg-strong-line data-checked:bg-accent data-disabled:opacity-50',
      )}
    >
      <Switch.Thumb className="size-4 rounded-full bg-white shadow-sm transition-transform duration-100 data-checked:translate-x-3.5" />
    </Switch.Root>
  )
}
