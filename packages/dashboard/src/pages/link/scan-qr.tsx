import { RotateCw } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Session } from '../../operations.ts'
import { useChange, useRead } from '../../query.ts'
import { refusalOf } from '../../refusal.ts'
import { Button } from '../../ui/button.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { clock, useNow } from '../../ui/time.tsx'
import { ClaimInSandbox } from './claim-in-sandbox.tsx'
import { Qr } from './qr.tsx'
import { Steps } from './steps.tsx'

/** WhatsApp gives the first code a minute and the later ones twenty seconds; each is swapped in place. */
export function ScanQr({ session }: { session: Session }) {
  const { id, status } = session
  const qr = useRead('getSessionQr', { params: { id } }, { every: 1_500, enabled: status === 'qr' })
  const connect = useChange('connectSession', { stale: ['getSession', 'getSessionQr'] })
  const now = useNow()
  const [last, setLast] = useState<{ qr: string; expires_at: string | null } | null>(null)
  useEffect(() => {
    if (qr.data) setLast(qr.data)
  }, [qr.data])

  const isPreparing = status === 'connecting' || (status === 'qr' && last === null)
  const left = last?.expires_at ? Date.parse(last.expires_at) - now : null
  const isLive = status === 'qr' && last !== null && (left === null || left > 0)
  const isOver = !isPreparing && !isLive && status !== 'pairing'
  const refused = qr.isError && refusalOf(qr.error).code !== 'qr_not_available' ? qr.error : null

  return (
    <div className="flex flex-col items-center gap-5 py-2">
      <Steps at={status === 'pairing' ? 2 : isPreparing ? 0 : 1} />
      <div className="flex w-full flex-col items-center gap-6 md:flex-row md:items-start md:justify-center md:gap-10">
        <div className="flex w-full max-w-72 flex-col items-center">
          <div className="relative aspect-square w-full overflow-hidden rounded-2xl border border-line bg-white">
            {last && <Qr text={last.qr} dimmed={!isLive} />}
            {!last && isPreparing && <div className="skeleton absolute inset-6" />}
            {isOver && (
              <div className="absolute inset-0 flex flex-col items-center justify-center gap-3 p-6 text-center text-black">
                <p className="font-medium">
                  {status === 'created' ? 'Not started yet' : 'This code has expired'}
                </p>
                <Button
                  variant="solid"
                  size="md"
                  icon={<RotateCw />}
                  busy={connect.isPending}
                  onClick={() => connect.mutate({ params: { id } })}
                >
                  New code
                </Button>
              </div>
            )}
          </div>
          <p role="timer" className="mt-3 h-5 text-sm text-soft">
            {isPreparing && 'Asking WhatsApp for a code…'}
            {status === 'pairing' && 'Scanned. Linking…'}
            {isLive && left !== null && `Good for ${clock(left)}, then a new one comes by itself`}
          </p>
          <div className="w-full">
            <Complaint error={connect.error ?? refused} />
          </div>
        </div>
        <Instructions session={session} />
      </div>
    </div>
  )
}

function Instructions({ session }: { session: Session }) {
  return (
    <div className="w-full max-w-72 space-y-5 text-sm">
      {session.network === 'sandbox' ? (
        <ClaimInSandbox session={session} />
      ) : (
        <ol className="list-decimal space-y-2 pl-5 marker:text-faint">
          <li>Open WhatsApp on the phone.</li>
          <li>
            <span className="font-medium">Settings</span>, on Android the menu ⋮, then{' '}
            <span className="font-medium">Linked devices</span>.
          </li>
          <li>
            <span className="font-medium">Link a device</span>, and point the camera at the code.
          </li>
        </ol>
      )}
      <details className="text-soft">
        <summary className="hover:text-ink">It does not work?</summary>
        <ul className="mt-2 list-disc space-y-1 pl-5">
          <li>A number can have four linked devices; remove one on the phone.</li>
          <li>The phone needs a connection while it scans.</li>
          <li>No camera? Use a pairing code instead.</li>
        </ul>
      </details>
    </div>
  )
}
