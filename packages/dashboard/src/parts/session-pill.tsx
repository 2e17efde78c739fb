import type { Session } from '../operations.ts'
import { Pill, type Tone } from '../ui/pill.tsx'

type Status = Session['status']

/** What each state is called and whether somebody has to act. */
const words: Record<Status, { text: string; tone: Tone }> = {
  created: { text: 'Not linked', tone: 'quiet' },
  connecting: { text: 'Connecting', tone: 'accent' },
  qr: { text: 'Scan the QR', tone: 'warn' },
  pairing: { text: 'Linking', tone: 'accent' },
  syncing: { text: 'Syncing', tone: 'accent' },
  connected: { text: 'Connected', tone: 'good' },
  reconnecting: { text: 'Reconnecting', tone: 'warn' },
  qr_expired: { text: 'Code expired', tone: 'warn' },
  logged_out: { text: 'Logged out', tone: 'bad' },
  banned: { text: 'Banned', tone: 'bad' },
  failed: { text: 'Failed', tone: 'bad' },
}

export const sessionWords = words

export function SessionPill({ status }: { status: Status }) {
  const { text, tone } = words[status]
  return <Pill tone={tone}>{text}</Pill>
}

/** Statuses from which a phone can be linked. */
export function needsLink(status: Status): boolean {
  return ['created', 'qr', 'qr_expired', 'logged_out', 'pairing'].includes(status)
}
