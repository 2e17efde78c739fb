import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '../../api.ts'
import type { Session } from '../../operations.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { Option } from '../../ui/option.tsx'
import { Card } from '../../ui/page.tsx'
import { exact } from '../../ui/time.tsx'
import { Toggle } from '../../ui/toggle.tsx'

/** Each behaviour with what it does and what it costs. */
const behaviours = [
  {
    key: 'always_online',
    title: 'Always online',
    effect: 'Contacts see this number as online.',
    cost: 'The phone gets no notifications while it is on.',
  },
  {
    key: 'auto_read_messages',
    title: 'Read messages',
    effect: 'What arrives is marked as read at once.',
    cost: 'Senders see blue ticks before anybody has read it.',
  },
  {
    key: 'reject_calls',
    title: 'Reject calls',
    effect: 'Calls are declined as soon as they ring.',
    cost: 'The phone may ring for a moment; the call event is told all the same.',
  },
  {
    key: 'typing_simulation',
    title: 'Typing simulation',
    effect: 'Shows "typing…" before a message is sent.',
    cost: 'Messages leave a few seconds later.',
  },
] as const

type Settings = Record<string, unknown>

/** Saved as soon as it is switched; taken back when the gateway refuses. */
export function Behaviours({ session }: { session: Session }) {
  const { save, appliedAt, error } = useSave(session)
  const { settings } = session
  return (
    <Card
      title="Behaviour"
      description={
        appliedAt === undefined
          ? 'What this number does by itself.'
          : appliedAt === null
            ? 'Saved; it applies at the next connect.'
            : `Applied at ${exact(appliedAt)}.`
      }
    >
      <div className="space-y-4">
        {behaviours.map(({ key, title, effect, cost }) => (
          <div key={key}>
            <Option
              title={title}
              detail={
                <>
                  {effect} <span className="text-faint">{cost}</span>
                </>
              }
            >
              <Toggle label={title} checked={settings[key] === true} onChange={on => save({ [key]: on })} />
            </Option>
            {key === 'reject_calls' && settings.reject_calls === true && (
              <ReplyText settings={settings} save={save} />
            )}
          </div>
        ))}
        <Complaint error={error} />
      </div>
    </Card>
  )
}

function useSave(session: Session) {
  const client = useQueryClient()
  const [appliedAt, setAppliedAt] = useState<string | null | undefined>(undefined)
  const [error, setError] = useState<unknown>(null)
  const key = ['getSession', { params: { id: session.id } }]
  const save = async (change: Settings) => {
    setError(null)
    await client.cancelQueries({ queryKey: key })
    const before = client.getQueryData(key)
    client.setQueryData(key, { ...session, settings: { ...session.settings, ...change } })
    try {
      const { applied_at, ...after } = await call('updateSession', {
        params: { id: session.id },
        body: { settings: change },
      })
      client.setQueryData(key, after)
      setAppliedAt(applied_at)
    } catch (refused) {
      client.setQueryData(key, before)
      setError(refused)
    }
  }
  return { save, appliedAt, error }
}

function ReplyText({ settings, save }: { settings: Settings; save: (change: Settings) => void }) {
  const saved = typeof settings.reject_calls_reply === 'string' ? settings.reject_calls_reply : ''
  const [text, setText] = useState(saved)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save({ reject_calls_reply: text.trim() === '' ? null : text.trim() })
  }
  return (
    <form onSubmit={submit} className="mt-2 flex max-w-lg items-start gap-2">
      <div className="flex-1">
        <TextField
          label="Reply to the caller"
          silent
          placeholder="No reply. For example: please write, we cannot take calls."
          maxLength={1000}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </div>
      {text.trim() !== saved && (
        <Button type="submit" size="md">
          Save
        </Button>
      )}
    </form>
  )
}
