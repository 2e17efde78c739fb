import { Menu } from '@base-ui/react/menu'
import { ContactRound, ListChecks, MapPin, Plus, Send } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import type { Session } from '../../operations.ts'
import { Choice, TextField } from '../../ui/field.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { type Acting, type Doing, OWNER } from './act.ts'
import type { Chat } from './chats.ts'

/** Ready to send: what they carry matters less than that they arrive. */
const extras: readonly { name: string; icon: ReactNode; doing: Doing }[] = [
  {
    name: 'A poll',
    icon: <ListChecks />,
    doing: {
      type: 'poll',
      question: 'Which colour?',
      options: ['Blue', 'Green', 'Brass'],
      selectable_count: 1,
    },
  },
  {
    name: 'A place',
    icon: <MapPin />,
    doing: { type: 'location', latitude: 53.5436, longitude: 9.9662, name: 'Old Harbour' },
  },
  {
    name: 'A contact card',
    icon: <ContactRound />,
    doing: { type: 'contact', name: 'Ben Example', number: '15550101' },
  },
]

/** Who writes: somebody else, whom the webhooks hear as received; or the owner on the phone itself. */
export function Composer({ session, chat, acting }: { session: Session; chat: Chat; acting: Acting }) {
  const [text, setText] = useState('')
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() !== '' && (await acting.act({ type: 'text', text }))) setText('')
  }
  const write = (next: string) => {
    if (text === '' && next !== '') acting.type()
    setText(next)
  }
  return (
    <form onSubmit={submit} className="space-y-2 border-t border-line bg-surface p-3">
      <div className="flex items-center gap-2">
        <span className="shrink-0 text-sm text-soft">Write as</span>
        <Choice
          label="Write as"
          silent
          value={acting.as}
          onChange={({ target }) => acting.setAs(target.value)}
          options={[
            ...chat.people.map(({ number, name }) => [number, name] as const),
            [OWNER, `${session.push_name ?? 'the owner'}, on the phone`],
          ]}
        />
      </div>
      <div className="flex items-center gap-2">
        <Extras send={acting.act} />
        <div className="flex-1">
          <TextField
            label="Message"
            silent
            placeholder="Message"
            value={text}
            onChange={({ target }) => write(target.value)}
            className="rounded-full px-4"
          />
        </div>
        <button
          type="submit"
          aria-label="Send"
          disabled={acting.busy || text.trim() === ''}
          className="flex size-8.5 shrink-0 items-center justify-center rounded-full bg-accent text-on-accent transition-opacity duration-100 disabled:opacity-40"
        >
          <Send className="size-4" aria-hidden />
        </button>
      </div>
      <Complaint error={acting.error} />
    </form>
  )
}

function Extras({ send }: { send: Acting['act'] }) {
  return (
    <Menu.Root>
      <Menu.Trigger
        aria-label="Send something else"
        className="flex size-8.5 shrink-0 items-center justify-center rounded-full text-soft hover:bg-hover hover:text-ink data-popup-open:bg-hover"
      >
        <Plus className="size-4" aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} className="z-50">
          <Menu.Popup className="rounded-xl border border-line bg-surface p-1 shadow-float outline-none">
            {extras.map(({ name, icon, doing }) => (
              <Menu.Item
                key={name}
                onClick={() => send(doing)}
                className="flex h-8 cursor-pointer items-center gap-2.5 rounded-lg px-2.5 text-sm outline-none data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-soft"
              >
                {icon}
                {name}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
