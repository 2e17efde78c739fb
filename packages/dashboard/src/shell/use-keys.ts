/** Keys that work everywhere: ⌘K, `?`, and `g` followed by the letter of a place. */
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { type Place, places } from './places.ts'

/** How long `g` waits for its letter. */
const GO_WITHIN_MS = 1_200

/** Whether a key is meant for a field, a button's menu or a dialog rather than for the page. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null
  if (document.querySelector('[role="dialog"]')) return true
  return target?.closest('input, textarea, select, [contenteditable="true"]') != null
}

export function useKeys({
  openPalette,
  openShortcuts,
}: {
  openPalette: () => void
  openShortcuts: () => void
}): void {
  const navigate = useNavigate()
  const wentAt = useRef(0)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        return openPalette()
      }
      if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey) return
      if (event.key === '?') return openShortcuts()
      if (Date.now() - wentAt.current < GO_WITHIN_MS) {
        wentAt.current = 0
        const place = (places as readonly Place[]).find(({ key }) => key === event.key)
        if (!place) return
        event.stopImmediatePropagation()
        navigate({ to: place.to })
      } else if (event.key === 'g') wentAt.current = Date.now()
    }
    // First, so that the letter after `g` is not also a shortcut of the page.
    window.addEventListener('keydown', onKey, { capture: true })
    return () => window.removeEventListener('keydown', onKey, { capture: true })
  }, [navigate, openPalette, openShortcuts])
}
