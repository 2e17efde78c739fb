/** A word that something was done. It goes away by itself, so it is never the only place that says so. */
import { Check } from 'lucide-react'
import { useSyncExternalStore } from 'react'

type Toast = { id: number; text: string }

let toasts: readonly Toast[] = []
let lastId = 0
const listeners = new Set<() => void>()

function change(next: readonly Toast[]) {
  toasts = next
  for (const listener of listeners) listener()
}

export function toast(text: string): void {
  const id = ++lastId
  change([...toasts.slice(-2), { id, text }])
  setTimeout(() => change(toasts.filter(one => one.id !== id)), 4_000)
}

export function Toasts() {
  const shown = useSyncExternalStore(
    listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 z-50 flex flex-col items-end gap-2"
    >
      {shown.map(({ id, text }) => (
        <div
          key={id}
          className="flex items-center gap-2 rounded-lg bg-solid px-3 py-2 text-sm text-on-solid shadow-float"
        >
          <Check className="size-3.5" aria-hidden />
          {text}
        </div>
      ))}
    </div>
  )
}
