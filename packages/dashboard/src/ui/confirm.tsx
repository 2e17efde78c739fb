import { type ReactNode, useState } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { TextField } from './field.tsx'
import { Complaint } from './list-states.tsx'

/**
 * A button for what cannot be taken back. The dialog names what will be gone and how many; `typed` asks for the name of it.
 */
export function ConfirmButton({
  label,
  title,
  children,
  action,
  run,
  typed,
  icon,
  danger = true,
  disabled,
}: {
  label: string
  title: string
  /** What it does, in numbers. */
  children: ReactNode
  /** The word on the button that does it. */
  action: string
  run: () => Promise<unknown>
  typed?: string
  icon?: ReactNode
  danger?: boolean
  disabled?: boolean
}) {
  const [open, setOpen] = useState(false)
  const [name, setName] = useState('')
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null })
  const close = () => {
    setOpen(false)
    setName('')
    setState({ busy: false, error: null })
  }
  const act = async () => {
    setState({ busy: true, error: null })
    await run().then(close, error => setState({ busy: false, error }))
  }
  return (
    <>
      <Button
        variant={danger ? 'danger' : 'plain'}
        icon={icon}
        disabled={disabled}
        onClick={() => setOpen(true)}
      >
        {label}
      </Button>
      <Dialog
        open={open}
        onClose={close}
        title={title}
        footer={
          <>
            <Button onClick={close}>Cancel</Button>
            <Button
              variant={danger ? 'danger' : 'solid'}
              busy={state.busy}
              disabled={typed !== undefined && name !== typed}
              onClick={act}
            >
              {action}
            </Button>
          </>
        }
      >
        <div className="space-y-3 text-sm text-soft">
          <div className="text-pretty">{children}</div>
          {typed !== undefined && (
            <TextField
              label={`Type ${typed} to go on`}
              value={name}
              onChange={e => setName(e.target.value)}
            />
          )}
          <Complaint error={state.error} />
        </div>
      </Dialog>
    </>
  )
}
