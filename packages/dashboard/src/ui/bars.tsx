import { useState } from 'react'

export type Bar = { title: string; good: number; bad: number }

/** Counts over time, what failed on top. The bar that is pointed at is told in words above. */
export function Bars({
  bars,
  label,
  height = 112,
}: {
  bars: readonly Bar[]
  label: string
  height?: number
}) {
  const [at, setAt] = useState<number | null>(null)
  const tallest = Math.max(1, ...bars.map(({ good, bad }) => good + bad))
  const tall = (count: number) => (count === 0 ? 0 : Math.max(2, (count / tallest) * (height - 6)))
  const pointed = at === null ? undefined : bars[at]
  const unit = 10
  return (
    <figure>
      <figcaption className="mb-1 flex h-5 justify-between text-xs text-soft">
        <span>
          {pointed
            ? `${pointed.title}: ${pointed.good.toLocaleString('en')} answered${pointed.bad > 0 ? `, ${pointed.bad.toLocaleString('en')} failed` : ''}`
            : label}
        </span>
        <span>
          {tallest > 1 || bars.some(bar => bar.good + bar.bad > 0)
            ? `most: ${tallest.toLocaleString('en')}`
            : ''}
        </span>
      </figcaption>
      <svg
        role="img"
        aria-label={`${label}: ${bars.reduce((sum, bar) => sum + bar.good, 0)} answered, ${bars.reduce((sum, bar) => sum + bar.bad, 0)} failed`}
        viewBox={`0 0 ${bars.length * unit} ${height}`}
        preserveAspectRatio="none"
        className="w-full"
        style={{ height }}
        onPointerLeave={() => setAt(null)}
      >
        <rect x={0} y={height - 1} width={bars.length * unit} height={1} className="fill-line" />
        {bars.map(({ title, good, bad }, index) => (
          // Pointing only repeats in words what the label sums up.
          <g key={title} onPointerEnter={() => setAt(index)}>
            <rect
              x={index * unit}
              y={0}
              width={unit}
              height={height}
              className={index === at ? 'fill-hover' : 'fill-transparent'}
            />
            <rect
              x={index * unit + 1.5}
              y={height - tall(good)}
              width={unit - 3}
              height={tall(good)}
              rx={1}
              className="fill-good/70"
            />
            <rect
              x={index * unit + 1.5}
              y={height - tall(good) - tall(bad)}
              width={unit - 3}
              height={tall(bad)}
              rx={1}
              className="fill-bad"
            />
          </g>
        ))}
      </svg>
    </figure>
  )
}
