import { PhoneCall, PhoneOff, Unplug } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { call } from '../../api.ts'
import type { Session } from '../../operations.ts'
import { useRead } from '../../query.ts'
import { IconButton } from '../../ui/button.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { toast } from '../../ui/toast.tsx'
import { type Acting, useActing } from './act.ts'
import { Bubble } from './bubble.tsx'
import type { Chat } from './chats.ts'
import { Composer } from './composer.tsx'
import { conversation, type Said } from './conversation.ts'

/** As far back as one page of events goes. */
const EVENTS = 250

/** The linked phone, open at one chat. */
export function Phone({ session, chat }: { session: Session; chat: Chat }) {
  const query = { session_id: session.id, limit: EVENTS }
  const events = useRead('listEvents', { query }, { every: 5_000, keep: true })
  const said = useMemo(() => conversation(events.data?.data ?? [], chat.id), [events.data, chat.id])
  const acting = useActing(session, chat)
  return (
    <section
      aria-label={`Chat with ${chat.name}`}
      className="overflow-hidden rounded-[1.75rem] border-4 border-strong-line bg-sunken"
    >
      <Top session={session} chat={chat} />
      <Bubbles said={said} chat={chat} acting={acting} />
      <Composer session={session} chat={chat} acting={acting} />
    </section>
  )
}

function Top({ session, chat }: { session: Session; chat: Chat }) {
  const [ringing, setRinging] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)
  const attempt = (work: () => Promise<unknown>) => {
    setError(null)
    work().catch(setError)
  }
  const [first] = chat.people
  const ring = async () => {
    if (!first) return
    const { call_id } = await call('callSandbox', {
      params: { number: first.number },
      body: { session_id: session.id },
    })
    setRinging(call_id)
  }
  const hangUp = async () => {
    if (ringing) await call('hangUpSandbox', { params: { id: ringing } })
    setRinging(null)
  }
  const drop = async () => {
    await call('dropSandboxSession', { params: { id: session.id } })
    toast('The connection was cut; the session comes back by itself')
  }
  return (
    <header className="border-b border-line bg-surface px-4 py-2.5">
      <div className="flex items-center gap-3">
        <span
          aria-hidden
          className="flex size-9 shrink-0 items-center justify-center rounded-full bg-accent-tint font-semibold text-accent"
        >
          {chat.name.slice(0, 1)}
        </span>
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-medium">{chat.name}</h2>
          <p className="truncate text-xs text-soft">
            {chat.isGroup ? chat.people.map(({ name }) => name).join(', ') : `+${chat.id}`}
          </p>
        </div>
        {!chat.isGroup && ringing === null && (
          <IconButton label={`Let ${chat.name} call`} onClick={() => attempt(ring)}>
            <PhoneCall />
          </IconButton>
        )}
        {ringing !== null && (
          <IconButton label={`Let ${chat.name} hang up`} className="text-bad" onClick={() => attempt(hangUp)}>
            <PhoneOff />
          </IconButton>
        )}
        <IconButton label="Drop the connection" onClick={() => attempt(drop)}>
          <Unplug />
        </IconButton>
      </div>
      {error !== null && (
        <div className="mt-2">
          <Complaint error={error} />
        </div>
      )}
    </header>
  )
}

function Bubbles({ said, chat, acting }: { said: Said[]; chat: Chat; acting: Acting }) {
  const end = useRef<HTMLDivElement>(null)
  const count = said.length
  useEffect(() => {
    if (count > 0) end.current?.parentElement?.scrollTo({ top: end.current.offsetTop })
  }, [count])
  return (
    <div
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      role="log"
      aria-label="Messages"
      className="relative h-96 space-y-2 overflow-y-auto px-4 py-4"
    >
      {count === 0 && (
        <p className="pt-28 text-center text-sm text-soft">Nothing was said yet. Write below.</p>
      )}
      {said.map(message => (
        <Bubble key={message.id} message={message} chat={chat} acting={acting} />
      ))}
      <div ref={end} />
    </div>
  )
}
