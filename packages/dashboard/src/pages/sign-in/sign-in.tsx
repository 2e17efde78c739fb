import { type FormEvent, useEffect, useState } from 'react'
import { credential } from '../../credential.ts'
import { useRead } from '../../query.ts'
import { type Refusal, refusalOf } from '../../refusal.ts'
import { Mark } from '../../shell/mark.tsx'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { Segments } from '../../ui/tabs.tsx'

/** Asks who it is: a person with a password, or whoever has a key. */
export function SignIn({ link }: { link: unknown }) {
  const mode = useRead('getAuthMode', {}).data?.mode
  const [chosen, setWay] = useState<'person' | 'key'>('person')
  const way = mode === 'supabase' ? 'key' : chosen
  useEffect(() => {
    document.title = 'Sign in · Waxwing'
  }, [])
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center px-4 py-10">
      <div className="w-full max-w-sm">
        <Mark className="size-10" />
        <h1 className="mt-5 text-2xl font-semibold tracking-tight">Sign in to Waxwing</h1>
        <p className="mt-1 mb-6 text-soft text-pretty">
          {mode === 'supabase'
            ? 'People of this gateway are known to Supabase, whose tokens work for the API. This page takes an API key.'
            : 'The gateway printed a link when it started: opening it signs you in.'}
        </p>
        {link !== null && (
          <div className="mb-4">
            <Complaint error={link} />
          </div>
        )}
        {mode !== 'supabase' && (
          <Segments
            label="Sign in with"
            value={way}
            options={[
              ['person', 'Password'],
              ['key', 'API key'],
            ]}
            onChange={setWay}
          />
        )}
        <div className="mt-4">{way === 'person' ? <ByPassword /> : <ByKey />}</div>
        <p className="mt-8 border-t border-line pt-4 text-sm text-soft text-pretty">
          {way === 'person'
            ? 'No password yet, or forgotten? Restart the gateway and open the link it prints.'
            : 'A key works for this tab, and is gone when you close it.'}
        </p>
      </div>
    </main>
  )
}

function useAttempt(attempt: () => Promise<void>) {
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setRefusal(null)
    await attempt().catch(error => setRefusal(refusalOf(error)))
    setBusy(false)
  }
  return { busy, refusal, submit }
}

function ByPassword() {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const { busy, refusal, submit } = useAttempt(() => credential.signIn(email, password))
  return (
    <form onSubmit={submit} className="space-y-4">
      <TextField
        label="Email"
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={({ target }) => setEmail(target.value)}
      />
      <TextField
        label="Password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={({ target }) => setPassword(target.value)}
      />
      <Complaint error={refusal} />
      <Button type="submit" variant="solid" size="md" busy={busy} className="w-full">
        Sign in
      </Button>
    </form>
  )
}

function ByKey() {
  const [key, setKey] = useState('')
  const { busy, refusal, submit } = useAttempt(() => credential.tryKey(key.trim()))
  return (
    <form onSubmit={submit} className="space-y-4">
      <TextField
        label="API key"
        type="password"
        autoComplete="off"
        placeholder="wx_…"
        required
        value={key}
        onChange={({ target }) => setKey(target.value)}
        className="font-mono text-sm"
      />
      <Complaint error={refusal} />
      <Button type="submit" variant="solid" size="md" busy={busy} className="w-full">
        Sign in
      </Button>
    </form>
  )
}
