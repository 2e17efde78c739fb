import { type FormEvent, useState } from 'react'
import type { Me } from '../../operations.ts'
import { useChange } from '../../query.ts'
import { refusalOf } from '../../refusal.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { Card } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'

const ways: Record<Me['signed_in_by'], string> = {
  key: 'This browser uses an API key.',
  link: 'Signed in by a link.',
  password: 'Signed in with a password.',
  token: 'Signed in with Supabase.',
}

/** The person, and how they come in the next time. */
export function Account({ me }: { me: Me }) {
  return (
    <Card title={me.email ?? me.display_name ?? 'You'} description={ways[me.signed_in_by]}>
      {me.sign_in_id !== null && <Password me={me} />}
    </Card>
  )
}

function Password({ me }: { me: Me }) {
  const [email, setEmail] = useState(me.email ?? '')
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const change = useChange('setPassword', {
    stale: ['getMe', 'listSignIns'],
    done: () => {
      setCurrent('')
      setNext('')
      toast('The password is set')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate({
      body: {
        new_password: next,
        ...(current === '' ? {} : { current_password: current }),
        ...(email === '' || email === me.email ? {} : { email }),
      },
    })
  }
  const refusal = change.error ? refusalOf(change.error) : null
  const fault = (pointer: string) => refusal?.faults.find(one => one.pointer === pointer)?.detail
  return (
    <form onSubmit={submit} className="grid gap-3 sm:grid-cols-2">
      <div className="sm:col-span-2">
        <TextField
          label="Email"
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={({ target }) => setEmail(target.value)}
          hint={
            me.email === null ? 'To sign in with, together with a password, instead of a link.' : undefined
          }
          error={fault('/email')}
        />
      </div>
      {me.has_password && (
        <TextField
          label="Current password"
          type="password"
          autoComplete="current-password"
          value={current}
          onChange={({ target }) => setCurrent(target.value)}
          error={fault('/current_password')}
        />
      )}
      <TextField
        label={me.has_password ? 'New password' : 'Password'}
        type="password"
        autoComplete="new-password"
        required
        minLength={12}
        value={next}
        onChange={({ target }) => setNext(target.value)}
        hint="12 characters or more; a few words are easy to keep."
        error={fault('/new_password')}
      />
      <div className="space-y-3 sm:col-span-2">
        {refusal && refusal.faults.length === 0 && <Complaint error={refusal} />}
        <Button type="submit" variant="solid" busy={change.isPending}>
          {me.has_password ? 'Change the password' : 'Set a password'}
        </Button>
      </div>
    </form>
  )
}
