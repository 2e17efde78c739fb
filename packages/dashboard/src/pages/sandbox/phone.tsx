import { Check, CheckCheck, PhoneCall, PhoneOff, Send, Unplug } from 'lucide-react'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { call } from '../../api.ts'
import type { Session } from '../../operations.ts'
import { useChange } from '../../query.ts'
import { IconButton } from '../../ui/button.tsx'
import { cn } from '../../ui/class-names.ts'
import { Choice, TextField } from '../../ui/field.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { exact } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { type Chat, type Said, useConversation } from './chats.ts'

/** The linked phone, open at one chat. */
export function Phone({ session, chat }: { session: Session; chat: Chat }) {
  const said = useConversation(session, chat)
  return (
    <section
      aria-label={`Chat with ${chat.name}`}
      className="overflow-hidden rounded-[1.75rem] border-4 border-strong-line bg-sunken"
    >
      <Top session={session} chat={chat} />
      <Bubbles said={said} isGroup={chat.isGroup} />
      <Composer session={session} chat={chat} />
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

function Bubbles({ said, isGroup }: { said: Said[]; isGroup: boolean }) {
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
      className="relative h-96 space-y-1.5 overflow-y-auto px-4 py-4"
    >
      {count === 0 && (
        <p className="pt-28 text-center text-sm text-soft">Nothing was said yet. Write below.</p>
      )}
      {said.map(({ id, mine, who, text, at, state }) => (
        <div key={id} className={cn('flex', mine && 'justify-end')}>
          <div
            className={cn(
              'max-w-[80%] rounded-2xl px-3 py-1.5 shadow-sm',
              mine ? 'rounded-br-md bg-accent-tint' : 'rounded-bl-md bg-surface',
            )}
          >
            {isGroup && !mine && <p className="text-xs font-medium text-accent">{who}</p>}
            <p className="break-words whitespace-pre-wrap">{text}</p>
            <p className="flex items-center justify-end gap-1 text-2xs text-soft">
              {exact(at)}
              {mine && state === 'sent' && <Check className="size-3" aria-label="Sent" />}
              {mine && state !== 'sent' && (
                <CheckCheck
                  className={cn('size-3', state === 'read' && 'text-accent')}
                  aria-label={state === 'read' ? 'Read' : 'Delivered'}
                />
              )}
            </p>
          </div>
        </div>
      ))}
      <div ref={end} />
    </div>
  )
}

const OWNER = 'phone'

/** Who writes: somebody else, whom the webhooks hear as received; or the owner on the phone itself. */
function Composer({ session, chat }: { session: Session; chat: Chat }) {
  const [as, setAs] = useState(chat.people[0]?.number ?? OWNER)
  const [text, setText] = useState('')
  const stale = ['listEvents', 'getSandboxContact'] as const
  const say = useChange('saySandbox', { stale })
  const type = useChange('sayFromSandboxPhone', { stale })
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() === '') return
    const sent =
      as === OWNER
        ? type.mutateAsync({ params: { id: session.id }, body: { to: chat.id, text } })
        : say.mutateAsync({
            params: { number: as },
            body: { text, ...(chat.isGroup ? { group_id: chat.id } : { session_id: session.id }) },
          })
    await sent.then(
      () => setText(''),
      () => null,
    )
  }
  return (
    <form onSubmit={submit} className="space-y-2 border-t border-line bg-surface p-3">
      <div className="flex items-center gap-2">
        <span className="shrink-0 text-sm text-soft">Write as</span>
        <Choice
          label="Write as"
          silent
          value={as}
          onChange={({ target }) => setAs(target.value)}
          options={[
            ...chat.people.map(({ number, name }) => [number, name] as const),
            [OWNER, `${session.push_name ?? 'the owner'}, on the phone`],
          ]}
        />
      </div>
      <div className="flex gap-2">
        <div className="flex-1">
          <TextField
            label="Message"
            silent
            placeholder="Message"
            value={text}
            onChange={({ target }) => setText(target.value)}
            className="rounded-full px-4"
          />
        </div>
        <button
          type="submit"
          aria-label="Send"
          disabled={say.isPending || type.isPending || text.trim() === ''}
          className="flex size-8.5 shrink-0 items-center justify-center rounded-full bg-accent text-on-accent transition-opacity duration-100 disabled:opacity-40"
        >
          <Send className="size-4" aria-hidden />
        </button>
      </div>
      <Complaint error={say.error ?? type.error} />
    </form>
  )
}
