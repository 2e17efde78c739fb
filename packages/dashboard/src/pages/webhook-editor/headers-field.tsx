import { Plus, X } from 'lucide-react'
import { Button, IconButton } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import type { Draft } from './draft.ts'

/** Headers of the user's own, sent with every request. */
export function HeadersField({
  headers,
  onChange,
  fault,
}: {
  headers: Draft['headers']
  onChange: (headers: Draft['headers']) => void
  fault: string | null
}) {
  const set = (at: number, change: Partial<Draft['headers'][number]>) =>
    onChange(headers.map((header, index) => (index === at ? { ...header, ...change } : header)))
  return (
    <div className="space-y-2">
      {headers.map(({ name, value }, at) => (
        // Rows are told apart by where they stand while they are typed.
        <div key={at} className="flex gap-2">
          <div className="w-2/5">
            <TextField
              label={`Name of header ${at + 1}`}
              silent
              placeholder="Authorization"
              value={name}
              onChange={event => set(at, { name: event.target.value })}
              className="font-mono text-sm"
            />
          </div>
          <div className="flex-1">
            <TextField
              label={`Value of header ${at + 1}`}
              silent
              placeholder="Bearer …"
              value={value}
              onChange={event => set(at, { value: event.target.value })}
              className="font-mono text-sm"
            />
          </div>
          <IconButton
            label={`Remove header ${at + 1}`}
            className="mt-0.5"
            onClick={() => onChange(headers.filter((_, index) => index !== at))}
          >
            <X />
          </IconButton>
        </div>
      ))}
      {fault && (
        <p role="alert" className="text-sm text-bad">
          {fault}
        </p>
      )}
      <Button icon={<Plus />} onClick={() => onChange([...headers, { name: '', value: '' }])}>
        Add a header
      </Button>
    </div>
  )
}
