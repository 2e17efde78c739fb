import { Plus, User, Users } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { Session } from '../../operations.ts'
import { useChange } from '../../query.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { Card } from '../../ui/page.tsx'
import type { Chat } from './chats.ts'

/** Who is there to write as. */
export function ChatList({
  session,
  chats,
  chosen,
  choose,
}: {
  session: Session
  chats: Chat[]
  chosen: string | undefined
  choose: (chat: string) => void
}) {
  const [making, setMaking] = useState<'contact' | 'group' | null>(null)
  return (
    <Card
      flush
      title="Chats"
      actions={
        <span className="-mr-2 flex">
          <IconButton label="Add a contact" onClick={() => setMaking('contact')}>
            <Plus />
          </IconButton>
          <IconButton label="Make a group" onClick={() => setMaking('group')}>
            <Users />
          </IconButton>
        </span>
      }
    >
      <ul className="max-h-96 overflow-y-auto p-1.5">
        {chats.map(({ id, name, isGroup }) => (
          <li key={id}>
            <button
              type="button"
              aria-current={id === chosen || undefined}
              onClick={() => choose(id)}
              className="flex h-9 w-full items-center gap-2.5 rounded-lg px-2 text-left hover:bg-hover aria-[current]:bg-hover aria-[current]:font-medium"
            >
              {isGroup ? (
                <Users className="size-4 shrink-0 text-soft" aria-hidden />
              ) : (
                <User className="size-4 shrink-0 text-soft" aria-hidden />
              )}
              <span className="truncate">{name}</span>
            </button>
          </li>
        ))}
      </ul>
      {making === 'contact' && <NewContact onClose={() => setMaking(null)} choose={choose} />}
      {making === 'group' && (
        <NewGroup
          session={session}
          contacts={chats.filter(({ isGroup }) => !isGroup)}
          onClose={() => setMaking(null)}
          choose={choose}
        />
      )}
    </Card>
  )
}

function NewContact({ onClose, choose }: { onClose: () => void; choose: (chat: string) => void }) {
  const [name, setName] = useState('')
  const create = useChange('createSandboxContact', {
    stale: ['listSandboxContacts'],
    done: ({ number }) => {
      choose(number)
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate({ body: { name } })
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Add a contact"
      description="A person on the simulated network, with a number of its own."
    >
      <form onSubmit={submit} className="space-y-4">
        <TextField
          label="Name"
          required
          autoFocus
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <Complaint error={create.error} />
        <div className="flex justify-end">
          <Button type="submit" variant="solid" busy={create.isPending}>
            Add
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function NewGroup({
  session,
  contacts,
  onClose,
  choose,
}: {
  session: Session
  contacts: Chat[]
  onClose: () => void
  choose: (chat: string) => void
}) {
  const [subject, setSubject] = useState('')
  const [members, setMembers] = useState(contacts.map(({ id }) => id))
  const create = useChange('createSandboxGroup', {
    stale: ['listSandboxGroups'],
    done: ({ id }) => {
      choose(id)
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate({ body: { subject, session_id: session.id, contacts: members } })
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Make a group"
      description="Your number is in it. It hears of the group when somebody writes there."
    >
      <form onSubmit={submit} className="space-y-4">
        <TextField
          label="Subject"
          required
          autoFocus
          value={subject}
          onChange={({ target }) => setSubject(target.value)}
        />
        <fieldset>
          <legend className="mb-1 text-sm font-medium">Who else</legend>
          {contacts.map(({ id, name }) => (
            <label key={id} htmlFor={`member-${id}`} className="flex h-8 cursor-pointer items-center gap-2.5">
              <Checkbox
                id={`member-${id}`}
                checked={members.includes(id)}
                onChange={on => setMembers(on ? [...members, id] : members.filter(member => member !== id))}
              />
              {name}
            </label>
          ))}
        </fieldset>
        <Complaint error={create.error} />
        <div className="flex justify-end">
          <Button type="submit" variant="solid" busy={create.isPending} disabled={members.length === 0}>
            Make it
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
