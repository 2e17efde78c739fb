import { Menu } from '@base-ui/react/menu'
import { Ban, Check, CheckCheck, Pencil, SmilePlus, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { cn } from '../../ui/class-names.ts'
import { TextField } from '../../ui/field.tsx'
import { exact } from '../../ui/time.tsx'
import { type Acting, OWNER } from './act.ts'
import type { Chat } from './chats.ts'
import type { Said } from './conversation.ts'

const emojis = ['👍', '❤️', '😂', '😮', '🙏']

/** One message, and what whoever writes now can do with it. */
export function Bubble({ message, chat, acting }: { message: Said; chat: Chat; acting: Acting }) {
  const { id, mine, name, text, at, edited, deleted, reactions, poll } = message
  const [draft, setDraft] = useState<string | null>(null)
  const isTheirs = acting.as === OWNER ? mine : !mine && message.by === acting.as
  return (
    <div className={cn('group flex items-center gap-1', mine && 'flex-row-reverse')}>
      <div
        className={cn(
          'relative max-w-[80%] rounded-2xl px-3 py-1.5 shadow-sm',
          mine ? 'rounded-br-md bg-accent-tint' : 'rounded-bl-md bg-surface',
          reactions.length > 0 && 'mb-3',
        )}
      >
        {chat.isGroup && !mine && <p className="text-xs font-medium text-accent">{name}</p>}
        {draft === null ? (
          <p className={cn('break-words whitespace-pre-wrap', deleted && 'text-soft italic')}>
            {deleted ? 'This message was deleted' : text}
          </p>
        ) : (
          <Rewrite
            draft={draft}
            setDraft={setDraft}
            save={() => acting.act({ type: 'edit', message_id: id, text: draft }).then(() => setDraft(null))}
          />
        )}
        {poll && !deleted && (
          <Poll
            poll={poll}
            vote={option => acting.act({ type: 'vote', message_id: id, options: [option] })}
          />
        )}
        <p className="flex items-center justify-end gap-1 text-2xs text-soft">
          {edited && 'edited'} {exact(at)}
          {mine && <Ticks state={message.state} />}
        </p>
        {reactions.length > 0 && (
          <span className="absolute -bottom-3 left-2 rounded-full border border-line bg-surface px-1.5 text-xs">
            {reactions.join(' ')}
          </span>
        )}
      </div>
      {!deleted && (
        <Actions
          label={`What to do with: ${text.slice(0, 40)}`}
          react={emoji => acting.act({ type: 'reaction', message_id: id, emoji })}
          edit={isTheirs && !poll ? () => setDraft(text) : null}
          remove={isTheirs ? () => acting.act({ type: 'delete', message_id: id }) : null}
        />
      )}
    </div>
  )
}

function Ticks({ state }: { state: Said['state'] }) {
  if (state === 'sent') return <Check className="size-3" aria-label="Sent" />
  const isRead = state === 'read'
  return (
    <CheckCheck
      className={cn('size-3', isRead && 'text-accent')}
      aria-label={isRead ? 'Read' : 'Delivered'}
    />
  )
}

function Rewrite({
  draft,
  setDraft,
  save,
}: {
  draft: string
  setDraft: (text: string | null) => void
  save: () => void
}) {
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        save()
      }}
      onKeyDown={event => event.key === 'Escape' && setDraft(null)}
    >
      <TextField
        label="Edited message"
        silent
        autoFocus
        value={draft}
        onChange={({ target }) => setDraft(target.value)}
        hint="↵ saves, Esc leaves it."
      />
    </form>
  )
}

function Poll({ poll, vote }: { poll: NonNullable<Said['poll']>; vote: (option: string) => void }) {
  return (
    <ul className="mt-1.5 space-y-1">
      {poll.options.map(({ name, votes }) => (
        <li key={name}>
          <button
            type="button"
            onClick={() => vote(name)}
            className="flex w-full min-w-40 items-center justify-between gap-4 rounded-lg border border-line bg-surface px-2.5 py-1 text-left text-sm hover:border-strong-line"
          >
            <span>{name}</span>
            <span className="text-soft">{votes}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

function Actions({
  label,
  react,
  edit,
  remove,
}: {
  label: string
  react: (emoji: string) => void
  edit: (() => void) | null
  remove: (() => void) | null
}) {
  return (
    <Menu.Root>
      <Menu.Trigger
        aria-label={label}
        className="flex size-6 shrink-0 items-center justify-center rounded-full text-soft opacity-60 hover:bg-hover hover:text-ink hover:opacity-100 focus-visible:opacity-100 data-popup-open:opacity-100"
      >
        <SmilePlus className="size-3.5" aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} className="z-50">
          <Menu.Popup className="rounded-xl border border-line bg-surface p-1 shadow-float outline-none">
            <div className="flex">
              {emojis.map(emoji => (
                <Menu.Item
                  key={emoji}
                  onClick={() => react(emoji)}
                  className="flex size-8 items-center justify-center rounded-lg text-base outline-none data-highlighted:bg-hover"
                >
                  {emoji}
                </Menu.Item>
              ))}
              <Action icon={<Ban />} label="Take the reaction back" run={() => react('')} />
            </div>
            {edit && <Action icon={<Pencil />} run={edit} text="Edit" />}
            {remove && <Action icon={<Trash2 />} run={remove} text="Delete for everyone" />}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

function Action({
  icon,
  text,
  label,
  run,
}: {
  icon: ReactNode
  text?: string
  label?: string
  run: () => void
}) {
  return (
    <Menu.Item
      onClick={run}
      aria-label={label}
      className="flex h-8 cursor-pointer items-center gap-2 rounded-lg px-2 text-sm outline-none data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-soft"
    >
      {icon}
      {text}
    </Menu.Item>
  )
}
