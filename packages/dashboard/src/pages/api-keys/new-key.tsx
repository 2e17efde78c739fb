import { type FormEvent, useState } from 'react'
import type { ApiKey } from '../../operations.ts'
import { useChange } from '../../query.ts'
import { refusalOf } from '../../refusal.ts'
import { Button } from '../../ui/button.tsx'
import { Code } from '../../ui/code.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Choice, TextField } from '../../ui/field.tsx'
import { Complaint } from '../../ui/list-states.tsx'

const reaches = [
  ['write', 'Read and write: changes things, and sends'],
  ['read', 'Read: only looks'],
  ['admin', 'Admin: also sees secrets and makes keys'],
] as const

const ages = [
  ['90', 'in 90 days'],
  ['30', 'in 30 days'],
  ['365', 'in a year'],
  ['', 'never'],
] as const

const DAY_MS = 86_400_000

export function NewKey({ open, onClose }: { open: boolean; onClose: () => void }) {
  return open ? <Asked onClose={onClose} /> : null
}

function Asked({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [reach, setReach] = useState<ApiKey['scopes'][number]>('write')
  const [days, setDays] = useState<string>('90')
  const create = useChange('createApiKey', { stale: ['listApiKeys'] })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const expires_at = days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString()
    create.mutate({ body: { name, scopes: [reach], expires_at } })
  }
  if (create.data)
    return (
      <Dialog
        open
        onClose={onClose}
        title="Keep this key"
        description="This is the only time it is shown. It goes into the program's settings, not into its code."
        footer={
          <Button variant="solid" onClick={onClose}>
            I have it
          </Button>
        }
      >
        <Code
          text={create.data.key}
          label="Copy the key"
          className="[&_pre]:break-all [&_pre]:whitespace-pre-wrap"
        />
      </Dialog>
    )
  const fault = create.error && refusalOf(create.error).faults.find(({ pointer }) => pointer === '/name')
  return (
    <Dialog open onClose={onClose} title="New API key">
      <form onSubmit={submit} className="space-y-4">
        <TextField
          label="Name"
          autoFocus
          required
          maxLength={100}
          placeholder="Order service"
          value={name}
          onChange={({ target }) => setName(target.value)}
          hint="Who or what uses it."
          error={fault?.detail}
        />
        <Choice
          label="It may"
          value={reach}
          onChange={({ target }) => setReach(target.value as typeof reach)}
          options={reaches}
        />
        <Choice
          label="It expires"
          value={days}
          onChange={({ target }) => setDays(target.value)}
          options={ages}
        />
        {!fault && <Complaint error={create.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="solid" busy={create.isPending}>
            Make the key
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
