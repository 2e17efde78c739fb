import type { Session } from '../../operations.ts'

/** The sandbox has no camera: a simulated phone scans by itself when it is asked to. */
export function ClaimInSandbox(_: { session: Session }) {
  return <p className="text-soft">This session is linked to the sandbox: a simulated phone scans its code.</p>
}
