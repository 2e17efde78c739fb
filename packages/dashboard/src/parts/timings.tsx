import type { Attempt } from '../operations.ts'
import { duration } from '../ui/time.tsx'

const parts = [
  ['dns_ms', 'DNS', 'bg-faint/50'],
  ['connect_ms', 'Connect', 'bg-accent/40'],
  ['tls_ms', 'TLS', 'bg-accent/70'],
  ['first_byte_ms', 'Waiting', 'bg-accent'],
  ['body_ms', 'Body', 'bg-good'],
] as const

/** Where the time of a request went. A part that the request did not need or did not reach is left out. */
export function Timings({ timings }: { timings: Attempt['timings'] }) {
  const spent = parts.flatMap(([key, name, tone]) => {
    const ms = timings[key]
    return ms === null ? [] : [{ name, tone, ms }]
  })
  const total = spent.reduce((sum, { ms }) => sum + ms, 0)
  if (total === 0) return null
  return (
    <div>
      <div className="flex h-1.5 gap-px overflow-hidden rounded-full bg-hover">
        {spent.map(({ name, tone, ms }) => (
          <div key={name} className={tone} style={{ width: `${(100 * ms) / total}%`, minWidth: 2 }} />
        ))}
      </div>
      <dl className="mt-1.5 flex flex-wrap gap-x-4 gap-y-0.5 text-xs text-soft">
        {spent.map(({ name, tone, ms }) => (
          <div key={name} className="flex items-center gap-1.5">
            <span className={`size-1.5 rounded-full ${tone}`} aria-hidden />
            <dt>{name}</dt>
            <dd className="text-ink">{duration(ms)}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
