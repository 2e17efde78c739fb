import { Eye, EyeOff, RotateCw } from 'lucide-react'
import { useState } from 'react'
import { useChange, useRead } from '../../query.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Choice } from '../../ui/field.tsx'
import { Complaint, Failed } from '../../ui/list-states.tsx'
import { Card } from '../../ui/page.tsx'
import { Pill } from '../../ui/pill.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { span, useNow } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { Debugger } from './debugger.tsx'
import { Snippets } from './snippets.tsx'
import { useWebhook } from './webhook.tsx'

/** The secret, how to verify with it, and why a request does not verify. */
export function WebhookSigning() {
  const { id } = useWebhook()
  const secret = useRead('getWebhookSecret', { params: { id } })
  if (secret.isError) return <Failed error={secret.error} retry={secret.refetch} />
  return (
    <div className="space-y-4">
      <Card
        title="Secret"
        description="Signs every request to this webhook. Whoever has it can sign as this gateway."
        actions={<Rotate id={id} />}
      >
        {secret.data ? (
          <div className="space-y-2">
            <Secret name="Current" value={secret.data.secret} />
            {secret.data.previous.map(({ secret: value, valid_until }) => (
              <Secret key={value} name="Previous" value={value} until={valid_until} />
            ))}
          </div>
        ) : (
          <div className="skeleton h-9" />
        )}
      </Card>
      <Snippets />
      <Debugger
        secrets={secret.data ? [secret.data.secret, ...secret.data.previous.map(one => one.secret)] : []}
      />
      <SameWithApi operation="rotateWebhookSecret" input={{ params: { id }, body: { overlap: '24h' } }} />
    </div>
  )
}

function Secret({ name, value, until }: { name: string; value: string; until?: string }) {
  const [shown, setShown] = useState(false)
  const now = useNow()
  const left = until === undefined ? null : Date.parse(until) - now
  if (left !== null && left <= 0) return null
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg border border-line bg-sunken py-1 pr-1.5 pl-3">
      <span className="w-16 text-sm text-soft">{name}</span>
      <code className="min-w-0 flex-1 basis-48 font-mono text-xs break-all">
        {shown ? value : `whsec_${'•'.repeat(24)}`}
      </code>
      {left !== null && <Pill tone="warn">signs for {span(left)} more</Pill>}
      <span className="flex">
        <Button
          variant="quiet"
          icon={shown ? <EyeOff /> : <Eye />}
          onClick={() => setShown(!shown)}
          aria-label={
            shown ? `Hide the ${name.toLowerCase()} secret` : `Show the ${name.toLowerCase()} secret`
          }
        >
          {shown ? 'Hide' : 'Show'}
        </Button>
        <CopyButton text={value} label={`Copy the ${name.toLowerCase()} secret`} />
      </span>
    </div>
  )
}

const overlaps = [
  ['24h', '24 hours: enough to change the receiver'],
  ['1h', '1 hour'],
  ['7d', '7 days'],
  ['0', 'None: the old secret was seen by somebody'],
] as const

function Rotate({ id }: { id: string }) {
  const [open, setOpen] = useState(false)
  const [overlap, setOverlap] = useState<(typeof overlaps)[number][0]>('24h')
  const rotate = useChange('rotateWebhookSecret', {
    stale: ['getWebhookSecret'],
    done: () => {
      setOpen(false)
      toast('A new secret signs from now on')
    },
  })
  return (
    <>
      <Button icon={<RotateCw />} onClick={() => setOpen(true)}>
        Rotate
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title="Rotate the secret"
        description="A new secret signs at once. While the overlap lasts, webhook-signature carries both signatures, so a receiver with either verifies; the X-Hub headers have room for one, and carry the new."
        footer={
          <>
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button
              variant={overlap === '0' ? 'danger' : 'solid'}
              busy={rotate.isPending}
              onClick={() => rotate.mutate({ params: { id }, body: { overlap } })}
            >
              Rotate now
            </Button>
          </>
        }
      >
        <div className="space-y-3">
          <Choice
            label="How long the old one goes on"
            value={overlap}
            onChange={({ target }) => setOverlap(target.value as typeof overlap)}
            options={overlaps}
            hint={
              overlap === '0'
                ? 'From this moment a receiver with the old secret refuses every request, until it has the new one.'
                : undefined
            }
          />
          <Complaint error={rotate.error} />
        </div>
      </Dialog>
    </>
  )
}
