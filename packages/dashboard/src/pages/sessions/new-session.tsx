import { useNavigate } from '@tanstack/react-router'
import { FlaskConical, Smartphone } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useChange } from '../../query.ts'
import { refusalOf } from '../../refusal.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Complaint } from '../../ui/list-states.tsx'

const networks = [
  { value: 'whatsapp', title: 'A real phone', detail: 'Scan a code, as for WhatsApp Web.', icon: Smartphone },
  {
    value: 'sandbox',
    title: 'The sandbox',
    detail: 'A simulated WhatsApp. Nothing leaves this machine.',
    icon: FlaskConical,
  },
] as const

/** Makes a session, starts connecting it, and goes to where it is linked. */
export function NewSession({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Link a number" description="One session is one number.">
      {open && <Form onClose={onClose} />}
    </Dialog>
  )
}

function Form({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [network, setNetwork] = useState<'whatsapp' | 'sandbox'>('whatsapp')
  const connect = useChange('connectSession')
  const create = useChange('createSession', { stale: ['listSessions'] })
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const { id } = await create.mutateAsync({ body: { name, network } })
    // Failing to connect is for the page of the session to show: it exists now.
    await connect.mutateAsync({ params: { id } }).catch(() => null)
    onClose()
    navigate({ to: '/sessions/$id/link', params: { id } })
  }
  const fault = create.error && refusalOf(create.error).faults.find(({ pointer }) => pointer === '/name')
  return (
    <form onSubmit={event => submit(event).catch(() => null)} className="space-y-4">
      <TextField
        label="Name"
        autoFocus
        required
        maxLength={100}
        placeholder="Support line"
        value={name}
        onChange={event => setName(event.target.value)}
        hint="For people; it is no part of WhatsApp."
        error={fault?.detail}
      />
      <fieldset className="grid gap-2 sm:grid-cols-2">
        <legend className="mb-1 text-sm font-medium">Linked to</legend>
        {networks.map(({ value, title, detail, icon: Icon }) => (
          <label
            key={value}
            className="flex cursor-pointer gap-2.5 rounded-lg border border-line p-3 hover:border-strong-line has-checked:border-accent has-checked:bg-accent-tint/50 has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="network"
              value={value}
              checked={network === value}
              onChange={() => setNetwork(value)}
              className="sr-only"
            />
            <Icon className="mt-0.5 size-4 shrink-0 text-soft" aria-hidden />
            <span>
              <span className="block font-medium">{title}</span>
              <span className="block text-sm text-soft">{detail}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {!fault && <Complaint error={create.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="solid" busy={create.isPending || connect.isPending}>
          Continue
        </Button>
      </div>
    </form>
  )
}
