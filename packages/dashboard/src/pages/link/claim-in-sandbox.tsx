import { Smartphone } from 'lucide-react'
import type { Session } from '../../operations.ts'
import { useChange } from '../../query.ts'
import { Button } from '../../ui/button.tsx'
import { Complaint } from '../../ui/list-states.tsx'

/** The sandbox has no camera: its simulated phone scans when it is asked to. */
export function ClaimInSandbox({ session: { id, status } }: { session: Session }) {
  const link = useChange('linkSandboxSession', { stale: ['getSession', 'listSessions'] })
  return (
    <div className="space-y-3">
      <p className="text-soft text-pretty">
        This session is in the sandbox. Its simulated phone scans the code when you ask it to, just as a real
        one would.
      </p>
      <Button
        variant="solid"
        icon={<Smartphone />}
        busy={link.isPending}
        disabled={status !== 'qr'}
        onClick={() => link.mutate({ params: { id }, body: null })}
      >
        Scan with the simulated phone
      </Button>
      <Complaint error={link.error} />
    </div>
  )
}
