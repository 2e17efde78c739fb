/** The frame around every page: where to go, what is wrong, and the keyboard. */
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { LogOut, Menu, Monitor, Moon, Search, Sun, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { credential } from '../credential.ts'
import { IconButton } from '../ui/button.tsx'
import { cn } from '../ui/class-names.ts'
import { KeyHint } from '../ui/key-hint.tsx'
import { Toasts } from '../ui/toast.tsx'
import { Mark } from './mark.tsx'
import { Palette } from './palette.tsx'
import { places } from './places.ts'
import { Shortcuts } from './shortcuts.tsx'
import { type Theme, useTheme } from './theme.ts'
import { useKeys } from './use-keys.ts'

export function Shell() {
  const [menu, setMenu] = useState(false)
  const [palette, setPalette] = useState(false)
  const [shortcuts, setShortcuts] = useState(false)
  useKeys({ openPalette: () => setPalette(true), openShortcuts: () => setShortcuts(true) })
  const path = useRouterState({ select: state => state.location.pathname })
  // Whoever has gone somewhere has done with the menu.
  useEffect(() => setMenu(false), [path])

  return (
    <div className="flex min-h-dvh flex-col lg:flex-row">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-surface focus:px-3 focus:py-2"
      >
        Skip to the page
      </a>
      <header className="sticky top-0 z-30 flex h-13 items-center gap-2 border-b border-line bg-ground px-3 lg:hidden">
        <IconButton label={menu ? 'Close the menu' : 'Open the menu'} onClick={() => setMenu(!menu)}>
          {menu ? <X /> : <Menu />}
        </IconButton>
        <Link to="/" className="flex items-center gap-2 font-semibold">
          <Mark /> Waxwing
        </Link>
        <IconButton label="Search" className="ml-auto" onClick={() => setPalette(true)}>
          <Search />
        </IconButton>
      </header>
      <aside
        className={cn(
          'z-20 flex-col border-line bg-ground lg:sticky lg:top-0 lg:flex lg:h-dvh lg:w-56 lg:shrink-0 lg:border-r',
          menu ? 'fixed inset-x-0 top-13 bottom-0 flex overflow-y-auto' : 'hidden',
        )}
      >
        <Link
          to="/"
          className="hidden items-center gap-2.5 px-5 pt-5 pb-4 font-semibold tracking-tight lg:flex"
        >
          <Mark /> Waxwing
        </Link>
        <button
          type="button"
          onClick={() => setPalette(true)}
          className="mx-3 mb-3 hidden h-8 items-center gap-2 rounded-lg border border-line bg-surface px-2.5 text-sm text-faint hover:border-strong-line lg:flex"
        >
          <Search className="size-3.5" aria-hidden />
          <span className="flex-1 truncate text-left">Search…</span>
          <KeyHint>⌘K</KeyHint>
        </button>
        <Navigation />
        <Foot openShortcuts={() => setShortcuts(true)} />
      </aside>
      <div id="content" className="min-w-0 flex-1">
        <Outlet />
      </div>
      <Palette open={palette} onClose={() => setPalette(false)} />
      <Shortcuts open={shortcuts} onClose={() => setShortcuts(false)} />
      <Toasts />
    </div>
  )
}

const groups = [
  { name: 'work', title: null },
  { name: 'try', title: 'Try it out' },
  { name: 'keep', title: 'This gateway' },
] as const

function Navigation() {
  return (
    <nav aria-label="Pages" className="flex-1 overflow-y-auto px-3 pb-4">
      {groups.map(({ name, title }) => (
        <div key={name} className="mb-4">
          {title && <p className="mb-1 px-2 text-xs font-medium text-faint">{title}</p>}
          {places
            .filter(place => place.group === name)
            .map(({ to, name, icon: Icon }) => (
              <Link
                key={to}
                to={to}
                activeOptions={{ exact: to === '/', includeSearch: false }}
                className="flex h-10 items-center gap-2.5 rounded-lg px-2 font-medium text-soft hover:bg-hover hover:text-ink lg:h-8 [&_svg]:size-4"
                activeProps={{ className: 'bg-hover !text-ink', 'aria-current': 'page' }}
              >
                <Icon aria-hidden />
                {name}
              </Link>
            ))}
        </div>
      ))}
    </nav>
  )
}

const themes: Record<Theme, { next: Theme; icon: typeof Sun; name: string }> = {
  system: { next: 'light', icon: Monitor, name: 'Theme: as the system' },
  light: { next: 'dark', icon: Sun, name: 'Theme: light' },
  dark: { next: 'system', icon: Moon, name: 'Theme: dark' },
}

function Foot({ openShortcuts }: { openShortcuts: () => void }) {
  const [theme, setTheme] = useTheme()
  const { next, icon: Icon, name } = themes[theme]
  return (
    <div className="flex items-center gap-0.5 border-t border-line px-3 py-2.5">
      <IconButton label={name} onClick={() => setTheme(next)}>
        <Icon />
      </IconButton>
      <IconButton label="Keyboard shortcuts" onClick={openShortcuts}>
        <span className="text-sm font-medium">?</span>
      </IconButton>
      <a href="/docs" className="ml-1 rounded px-1 text-sm text-soft hover:text-ink">
        API
      </a>
      <IconButton label="Sign out" className="ml-auto" onClick={() => credential.signOut()}>
        <LogOut />
      </IconButton>
    </div>
  )
}
