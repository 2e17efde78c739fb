/** Where one can go: the sidebar, the palette and the `g` shortcuts are drawn from this table. */
import {
  Activity,
  BookOpen,
  FlaskConical,
  Inbox,
  KeyRound,
  LayoutDashboard,
  type LucideIcon,
  Radio,
  Send,
  Settings,
  Skull,
  Smartphone,
  Webhook,
} from 'lucide-react'

export type Place = {
  to: string
  name: string
  icon: LucideIcon
  key?: string
  group: 'work' | 'try' | 'keep'
}

export const places = [
  { to: '/', name: 'Overview', icon: LayoutDashboard, key: 'o', group: 'work' },
  { to: '/sessions', name: 'Sessions', icon: Smartphone, key: 's', group: 'work' },
  { to: '/webhooks', name: 'Webhooks', icon: Webhook, key: 'w', group: 'work' },
  { to: '/deliveries', name: 'Deliveries', icon: Send, key: 'd', group: 'work' },
  { to: '/dead-letters', name: 'Dead letters', icon: Skull, key: 'x', group: 'work' },
  { to: '/live', name: 'Live', icon: Radio, key: 'l', group: 'work' },
  { to: '/events', name: 'Events', icon: BookOpen, key: 'e', group: 'try' },
  { to: '/sandbox', name: 'Sandbox', icon: FlaskConical, key: 'b', group: 'try' },
  { to: '/inbox', name: 'Inbox', icon: Inbox, key: 'i', group: 'try' },
  { to: '/api-keys', name: 'API keys', icon: KeyRound, key: 'k', group: 'keep' },
  { to: '/settings', name: 'Settings', icon: Settings, key: ',', group: 'keep' },
  { to: '/welcome', name: 'First steps', icon: Activity, group: 'keep' },
] as const satisfies readonly Place[]
