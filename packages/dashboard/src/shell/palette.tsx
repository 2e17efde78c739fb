/** ⌘K: go to a page, a session or a webhook, do the common things, or paste any id and see what it belongs to. */
import { Dialog } from '@base-ui/react/dialog'
import { useNavigate } from '@tanstack/react-router'
import { CornerDownLeft, FileSearch, type LucideIcon, Plus, Smartphone, Webhook } from 'lucide-react'
import { type KeyboardEvent, useEffect, useMemo, useState } from 'react'
import { numberWord } from '../parts/words.ts'
import { useRead } from '../query.ts'
import { cn } from '../ui/class-names.ts'
import { useIdOwner } from './id-owner.ts'
import { places } from './places.ts'

type Entry = { key: string; text: string; detail?: string; icon: LucideIcon; to: string }

export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={isOpen => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/35" />
        <Dialog.Popup className="fixed top-[12vh] left-1/2 z-50 flex max-h-[70dvh] w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 flex-col overflow-hidden rounded-2xl border border-line bg-surface shadow-float">
          <Dialog.Title className="sr-only">Search</Dialog.Title>
          <Search onClose={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Search({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const entries = useEntries(text)
  // A new search begins at its best match.
  useEffect(() => setAt(0), [text])
  const go = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    navigate({ to: entry.to })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      event.preventDefault()
      setAt((at + step + entries.length) % Math.max(1, entries.length))
    }
    if (event.key === 'Enter') go(entries[at])
  }
  return (
    <>
      <input
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={entries[at] && `palette-${entries[at].key}`}
        aria-label="Search pages, sessions and webhooks, or paste an id"
        placeholder="Search pages, sessions and webhooks, or paste an id"
        value={text}
        onChange={event => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="h-12 shrink-0 border-b border-line bg-transparent px-4 text-[0.9375rem] outline-none"
      />
      <div id="palette-list" role="listbox" aria-label="Results" className="min-h-0 overflow-y-auto p-1.5">
        {entries.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keyboard
          <div
            key={entry.key}
            id={`palette-${entry.key}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onMouseMove={() => setAt(index)}
            onClick={() => go(entry)}
            className={cn(
              'flex h-9 cursor-pointer items-center gap-2.5 rounded-lg px-2.5 text-sm',
              index === at && 'bg-hover',
            )}
          >
            <entry.icon className="size-4 shrink-0 text-soft" aria-hidden />
            <span className="truncate">{entry.text}</span>
            {entry.detail && <span className="ml-auto truncate text-xs text-faint">{entry.detail}</span>}
            {index === at && <CornerDownLeft className="size-3.5 shrink-0 text-faint" aria-hidden />}
          </div>
        ))}
      </div>
      {entries.length === 0 && (
        <p className="px-4 pb-6 text-center text-sm text-soft">Nothing is called that.</p>
      )}
    </>
  )
}

const actions: Entry[] = [
  { key: 'new-webhook', text: 'New webhook', icon: Plus, to: '/webhooks/new' },
  { key: 'new-session', text: 'Link a number', icon: Plus, to: '/sessions?new=1' },
]

function useEntries(text: string): Entry[] {
  const sessions = useRead('listSessions', { query: { limit: 100 } }).data?.data
  const webhooks = useRead('listWebhooks', { query: { limit: 100 } }).data?.data
  const owner = useIdOwner(text)
  const known = useMemo(
    (): Entry[] => [
      ...places.map(({ to, name, icon }) => ({
        key: to.replaceAll('/', '') || 'home',
        text: name,
        icon,
        to,
      })),
      ...actions,
      ...(sessions ?? []).map(({ id, name, phone }) => ({
        key: id,
        text: name,
        detail: phone ? numberWord(phone) : 'session',
        icon: Smartphone,
        to: `/sessions/${id}`,
      })),
      ...(webhooks ?? []).map(({ id, name, webhook_url }) => ({
        key: id,
        text: name,
        detail: webhook_url,
        icon: Webhook,
        to: `/webhooks/${id}`,
      })),
    ],
    [sessions, webhooks],
  )
  if (owner)
    return [
      {
        key: owner.to.replaceAll('/', '-'),
        text: owner.text,
        detail: text.trim(),
        icon: FileSearch,
        to: owner.to,
      },
    ]
  const wanted = text.trim().toLowerCase()
  return known.filter(({ text, detail, key }) =>
    `${text} ${detail ?? ''} ${key}`.toLowerCase().includes(wanted),
  )
}
