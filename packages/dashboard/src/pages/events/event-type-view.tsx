import { Plus, Send } from 'lucide-react'
import { useState } from 'react'
import { useRead } from '../../query.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { Code, Json } from '../../ui/code.tsx'
import { Failed, Loading } from '../../ui/list-states.tsx'
import { Card } from '../../ui/page.tsx'
import { Pill } from '../../ui/pill.tsx'
import { Prose } from '../../ui/prose.tsx'
import { Segments } from '../../ui/tabs.tsx'
import { SendTo } from './send-to.tsx'

const views = [
  ['sample', 'Samples'],
  ['schema', 'JSON Schema'],
  ['typescript', 'TypeScript'],
] as const

/** One type of the catalog. */
export function EventTypeView({ type }: { type: string }) {
  const detail = useRead('getEventType', { params: { type } })
  const [view, setView] = useState<(typeof views)[number][0]>('sample')
  const [variant, setVariant] = useState<string | null>(null)
  const [sending, setSending] = useState(false)
  if (detail.isError) return <Failed error={detail.error} retry={detail.refetch} />
  if (detail.isPending) return <Loading rows={4} />
  const { title, description, since, samples, json_schema, typescript } = detail.data
  const names = Object.keys(samples)
  const chosen = variant ?? names[0] ?? ''
  return (
    <Card>
      <div className="space-y-5">
        <div>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h2 className="font-mono text-base font-medium break-all">{type}</h2>
            {detail.data.default && <Pill tone="accent">default</Pill>}
            <span className="text-sm text-faint">since {since}</span>
            <span className="flex gap-2 sm:ml-auto">
              <Button icon={<Send />} onClick={() => setSending(true)}>
                Send to…
              </Button>
              <LinkButton icon={<Plus />} to="/webhooks/new" search={{ event: type }}>
                Subscribe…
              </LinkButton>
            </span>
          </div>
          <p className="mt-2 font-medium">{title}</p>
          <p className="mt-0.5 max-w-prose text-soft text-pretty">
            <Prose text={description} />
          </p>
        </div>
        <Segments label="What to see" value={view} options={views} onChange={setView} />
        {view === 'sample' && (
          <div className="space-y-3">
            {names.length > 1 && (
              <Segments
                label="Variant"
                value={chosen}
                options={names.map(name => [name, name] as const)}
                onChange={setVariant}
              />
            )}
            <Json value={samples[chosen]} label="Copy the sample" />
            <p className="text-sm text-soft">
              This is <code className="font-mono text-xs">data</code>; around it stand{' '}
              <code className="font-mono text-xs">id, type, timestamp</code> and{' '}
              <code className="font-mono text-xs">sessionId</code>.
            </p>
          </div>
        )}
        {view === 'schema' && <Json value={json_schema} label="Copy the schema" />}
        {view === 'typescript' && <Code text={typescript} label="Copy the type" />}
      </div>
      <SendTo type={type} open={sending} onClose={() => setSending(false)} />
    </Card>
  )
}
