import { useState } from 'react'
import { duration } from './time.tsx'

export type Point = { title: string; low: number | null; high: number | null }

/** Two quantiles over time; where nothing was sent the line has a gap. */
export function Lines({
  points,
  names,
  height = 112,
}: {
  points: readonly Point[]
  names: readonly [string, string]
  height?: number
}) {
  const [at, setAt] = useState<number | null>(null)
  const highest = Math.max(1, ...points.map(({ low, high }) => Math.max(low ?? 0, high ?? 0)))
  const unit = 10
  const y = (ms: number) => height - 4 - (ms / highest) * (height - 10)
  const pointed = at === null ? undefined : points[at]
  const words = ({ title, low, high }: Point) =>
    low === null || high === null
      ? `${title}: nothing sent`
      : `${title}: ${names[0]} ${duration(low)}, ${names[1]} ${duration(high)}`
  return (
    <figure>
      <figcaption className="mb-1 flex h-5 justify-between text-xs text-soft">
        <span className="flex items-center gap-3">
          {pointed ? (
            words(pointed)
          ) : (
            <>
              <span className="flex items-center gap-1.5">
                <span className="h-0.5 w-3 bg-accent" aria-hidden /> {names[0]}
              </span>
              <span className="flex items-center gap-1.5">
                <span className="h-0.5 w-3 bg-warn" aria-hidden /> {names[1]}
              </span>
            </>
          )}
        </span>
        <span>most: {duration(highest)}</span>
      </figcaption>
      <svg
        role="img"
        aria-label={`${names.join(' and ')} over time, at most ${duration(highest)}`}
        viewBox={`0 0 ${points.length * unit} ${height}`}
        preserveAspectRatio="none"
        className="w-full"
        style={{ height }}
        onPointerLeave={() => setAt(null)}
      >
        <rect x={0} y={height - 1} width={points.length * unit} height={1} className="fill-line" />
        {points.map(({ title }, index) => (
          // Pointing only repeats in words what the label sums up.
          <rect
            key={title}
            onPointerEnter={() => setAt(index)}
            x={index * unit}
            y={0}
            width={unit}
            height={height}
            className={index === at ? 'fill-hover' : 'fill-transparent'}
          />
        ))}
        {(['high', 'low'] as const).map(kind => (
          <path
            key={kind}
            d={path(
              points.map(point => point[kind]),
              unit,
              y,
            )}
            fill="none"
            strokeWidth={1.5}
            strokeLinecap="round"
            vectorEffect="non-scaling-stroke"
            className={`pointer-events-none ${kind === 'low' ? 'stroke-accent' : 'stroke-warn'}`}
          />
        ))}
      </svg>
    </figure>
  )
}

/** A lone point becomes a short dash, so that it is seen. */
function path(values: readonly (number | null)[], unit: number, y: (ms: number) => number): string {
  return values
    .map((value, index) => {
      if (value === null) return ''
      const x = index * unit + unit / 2
      if ((values[index - 1] ?? null) === null)
        return `M${x - ((values[index + 1] ?? null) === null ? 3 : 0)} ${y(value)}L${x + ((values[index + 1] ?? null) === null ? 3 : 0)} ${y(value)}`
      return `L${x} ${y(value)}`
    })
    .join('')
}
