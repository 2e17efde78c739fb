/** Attempts over time as small bars; what failed stands on top, in red. Says its numbers to those who do not see it. */
export function Sparkline({
  good,
  bad,
  label,
}: {
  good: readonly number[]
  bad: readonly number[]
  label: string
}) {
  const tallest = Math.max(1, ...good.map((count, at) => count + (bad[at] ?? 0)))
  const height = (count: number) => (count === 0 ? 0 : Math.max(1.5, (count / tallest) * 22))
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${good.length * 4} 24`}
      preserveAspectRatio="none"
      className="h-6 w-full"
    >
      {good.map((count, at) => {
        const [tall, red] = [height(count), height(bad[at] ?? 0)]
        return (
          // A slice of time is known by its place.
          <g key={at}>
            <rect x={at * 4} y={23} width={3} height={1} className="fill-line" />
            {count > 0 && <rect x={at * 4} y={24 - tall} width={3} height={tall} className="fill-good/60" />}
            {red > 0 && <rect x={at * 4} y={24 - tall - red} width={3} height={red} className="fill-bad" />}
          </g>
        )
      })}
    </svg>
  )
}
