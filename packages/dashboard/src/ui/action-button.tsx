import { type ComponentProps, useState } from 'react'
import { Button } from './button.tsx'
import { Complaint } from './list-states.tsx'

/** A button that does something and says what went wrong right beside it. */
export function ActionButton({
  run,
  ...rest
}: Omit<ComponentProps<typeof Button>, 'onClick' | 'busy'> & { run: () => Promise<unknown> }) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const act = async () => {
    setBusy(true)
    setError(null)
    await run().catch(setError)
    setBusy(false)
  }
  return (
    <>
      <Button {...rest} busy={busy} onClick={act} />
      {error !== null && (
        <div className="w-full">
          <Complaint error={error} />
        </div>
      )}
    </>
  )
}
