import { Plus, Trash2 } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { call } from '../../api.ts'
import { queryClient, useChange, useRead } from '../../query.ts'
import { refusalOf } from '../../refusal.ts'
import { Button } from '../../ui/button.tsx'
import { Code } from '../../ui/code.tsx'
import { ConfirmButton } from '../../ui/confirm.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Complaint, Failed, Loading } from '../../ui/list-states.tsx'
import { Card } from '../../ui/page.tsx'
import { Pill } from '../../ui/pill.tsx'
import { Ago } from '../../ui/time.tsx'

const refresh = () => queryClient.invalidateQueries({ queryKey: ['listMembers'] })

/** Who else may sign in. Each has numbers and webhooks of their own. */
export function Members() {
  const list = useRead('listMembers', {}, { every: 30_000 })
  const [inviting, setInviting] = useState(false)
  return (
    <Card
      flush
      title="Members"
      description="Each has sessions and webhooks of their own; nobody sees another's."
      actions={
        <Button icon={<Plus />} onClick={() => setInviting(true)}>
          Invite
        </Button>
      }
    >
      {list.isPending ? (
        <Loading rows={2} />
      ) : list.isError ? (
        <Failed error={list.error} retry={list.refetch} />
      ) : (
        <ul className="divide-y divide-line">
          {list.data.data.map(({ profile_id: id, email, role, created_at, has_password }) => (
            <li key={id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
              <div className="min-w-0 flex-1 basis-52">
                <p className="truncate">{email ?? 'no address yet'}</p>
                <p className="text-sm text-soft">
                  since <Ago at={created_at} />
                  {!has_password && ' · has not set a password'}
                </p>
              </div>
              <Pill tone={role === 'owner' ? 'accent' : 'quiet'} dot={false}>
                {role}
              </Pill>
              {role !== 'owner' && (
                <ConfirmButton
                  label="Remove"
                  icon={<Trash2 />}
                  title={`Remove ${email}?`}
                  action="Remove the member"
                  typed={email ?? undefined}
                  run={async () => {
                    await call('removeMember', { params: { id } })
                    await refresh()
                  }}
                >
                  Their sign-ins and keys end, their numbers are logged out, and everything they own is gone.
                </ConfirmButton>
              )}
            </li>
          ))}
        </ul>
      )}
      {inviting && <Invite onClose={() => setInviting(false)} />}
    </Card>
  )
}

function Invite({ onClose }: { onClose: () => void }) {
  const [email, setEmail] = useState('')
  const invite = useChange('inviteMember', { stale: ['listMembers'] })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    invite.mutate({ body: { email } })
  }
  if (invite.data)
    return (
      <Dialog
        open
        onClose={onClose}
        title="Send them this link"
        description={`It signs in whoever opens it first, until ${new Date(invite.data.expires_at).toLocaleString()}. It is not shown again.`}
      >
        <Code
          text={invite.data.url}
          label="Copy the link"
          className="[&_pre]:break-all [&_pre]:whitespace-pre-wrap"
        />
      </Dialog>
    )
  const refusal = invite.error ? refusalOf(invite.error) : null
  return (
    <Dialog
      open
      onClose={onClose}
      title="Invite somebody"
      description="You get a link to send them; no mail is sent from here."
    >
      <form onSubmit={submit} className="space-y-4">
        <TextField
          label="Email"
          type="email"
          autoFocus
          required
          value={email}
          onChange={({ target }) => setEmail(target.value)}
          error={refusal?.faults[0]?.detail}
        />
        {refusal && refusal.faults.length === 0 && <Complaint error={refusal} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="solid" busy={invite.isPending}>
            Make the link
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
