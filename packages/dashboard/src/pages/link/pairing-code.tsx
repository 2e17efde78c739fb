import { type FormEvent, useState } from 'react'
import type { Session } from '../../operations.ts'
import { useChange } from '../../query.ts'
import { refusalOf } from '../../refusal.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { TextField } from '../../ui/field.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { clock, useNow } from '../../ui/time.tsx'
import { Steps } from './steps.tsx'

/** Eight characters to type on the phone: for a phone without a camera, or this page open on that very phone. */
export function PairingCode({ session }: { session: Session }) {
  const [phone, setPhone] = useState('')
  const code = useChange('createPairingCode', { stale: ['getSession'] })
  const now = useNow()
  const ask = (event: FormEvent) => {
    event.preventDefault()
    code.mutate({ params: { id: session.id }, body: { phone } })
  }
  const fault = code.error && refusalOf(code.error).faults.find(({ pointer }) => pointer === '/phone')
  const left = code.data ? Date.parse(code.data.expires_at) - now : null
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-6 py-2">
      <Steps at={session.status === 'pairing' ? 2 : code.data ? 1 : 0} />
      <form onSubmit={ask} className="flex w-full items-start gap-2">
        <div className="flex-1">
          <TextField
            label="The phone's number"
            type="tel"
            inputMode="tel"
            required
            placeholder="+1 555 0100 000"
            value={phone}
            onChange={event => setPhone(event.target.value)}
            hint="With its country code."
            error={fault?.detail}
          />
        </div>
        <Button type="submit" variant="solid" size="md" busy={code.isPending} className="mt-6">
          {code.data ? 'New code' : 'Get a code'}
        </Button>
      </form>
      {!fault && <Complaint error={code.error} />}
      {code.data && left !== null && (
        <div className="w-full rounded-xl border border-line bg-sunken px-4 py-5 text-center">
          {left > 0 ? (
            <>
              <div className="flex items-center justify-center gap-1.5">
                <Letters code={code.data.code} />
                <CopyButton text={code.data.code} label="Copy the code" />
              </div>
              <p className="mt-3 text-sm text-soft">Good for {clock(left)}</p>
            </>
          ) : (
            <p className="text-soft">This code has expired. Get a new one.</p>
          )}
        </div>
      )}
      <ol className="w-full list-decimal space-y-1.5 pl-5 text-sm marker:text-faint">
        <li>
          WhatsApp, <span className="font-medium">Linked devices</span>,{' '}
          <span className="font-medium">Link a device</span>.
        </li>
        <li>
          <span className="font-medium">Link with phone number instead</span>, below the camera.
        </li>
        <li>Type the code.</li>
      </ol>
    </div>
  )
}

function Letters({ code }: { code: string }) {
  return (
    <output
      aria-label={code}
      className="flex flex-wrap items-center justify-center gap-1 font-mono text-lg font-medium"
    >
      {[...code].map((letter, at) =>
        letter === '-' ? (
          // The letters of one code have no other name.
          <span key={at} className="px-0.5 text-faint">
            –
          </span>
        ) : (
          <span
            // As above.
            key={at}
            className="flex h-9 w-7 items-center justify-center rounded-md border border-line bg-surface sm:w-8"
          >
            {letter}
          </span>
        ),
      )}
    </output>
  )
}
