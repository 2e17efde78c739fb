import { Check, Loader } from 'lucide-react'
import { useDeferredValue } from 'react'
import { useRead } from '../../query.ts'
import { TextField } from '../../ui/field.tsx'

/** Says while it is typed whether the gateway would send there, and why not; the gateway itself judges. */
export function UrlField({
  value,
  onChange,
  fault,
}: {
  value: string
  onChange: (url: string) => void
  fault: string | null
}) {
  const url = useDeferredValue(value.trim())
  const isWhole = /^https?:\/\/[^\s/]+/i.test(url)
  const verdict = useRead('checkWebhookUrl', { query: { url } }, { enabled: isWhole, keep: true })
  const refused = isWhole && verdict.data && !verdict.data.ok ? verdict.data.detail : null
  const early =
    url.length > 8 && !isWhole ? 'Expected an address that begins with https:// (or http://).' : null
  return (
    <TextField
      label="URL"
      type="url"
      inputMode="url"
      required
      placeholder="https://example.com/hooks/whatsapp"
      value={value}
      onChange={event => onChange(event.target.value)}
      className="font-mono text-sm"
      error={refused ?? early ?? fault}
      hint={<Hint url={url} isWhole={isWhole} ok={verdict.data?.ok === true} />}
    />
  )
}

function Hint({ url, isWhole, ok }: { url: string; isWhole: boolean; ok: boolean }) {
  if (!isWhole) return 'Where each event is posted as signed JSON.'
  if (!ok)
    return (
      <span className="inline-flex items-center gap-1">
        <Loader className="size-3.5" aria-hidden /> Checking…
      </span>
    )
  if (url.startsWith('http:') && !isThisMachine(url))
    return (
      <span className="text-warn">Allowed, but anybody on the way can read the messages. Prefer https.</span>
    )
  return (
    <span className="inline-flex items-center gap-1 text-good">
      <Check className="size-3.5" aria-hidden /> The gateway may send there.
    </span>
  )
}

/** Between two programs of one machine nobody stands. */
function isThisMachine(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? ''
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.')
}
