import { useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'
const place = 'waxwing.theme'

/** public/theme.js sets it before the first paint; here it is changed. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => (localStorage.getItem(place) as Theme | null) ?? 'system')
  return [
    theme,
    next => {
      localStorage.setItem(place, next)
      document.documentElement.dataset.theme = next
      setTheme(next)
    },
  ]
}
