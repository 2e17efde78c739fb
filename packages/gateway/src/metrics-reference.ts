import { createMetrics, type DescribedMetric } from './metrics.ts'

/** docs/reference/metrics.md, from the metrics themselves. */
export function renderMetricsReference(): string {
  const metrics = createMetrics({
    version: '',
    watched: () => {
      throw new Error('metrics are described here, not read')
    },
  })
  return `# Metrics

\`GET /metrics\` is the Prometheus text format. It needs no key, is drawn at most once a second, and shows ids and numbers only.
Every process tells of itself, so sum over processes; but ages, dead letters, webhooks by state, replays and dead tuples are read
in the database and the same in all of them, so take the \`max\`. [How to watch a gateway](../observability.md) says what matters.

Besides these there are those of the process (\`process_…\`: memory, CPU, file descriptors) and of Node.js (\`nodejs_…\`:
event loop delay, garbage collection, heap), as the client library describes them.

| metric | type | labels | what it says |
| --- | --- | --- | --- |
${metrics.describe().map(row).join('\n')}
`
}

function row({ name, type, labels, help }: DescribedMetric): string {
  return `| \`${name}\` | ${type} | ${labels.map(label => `\`${label}\``).join(', ')} | ${help} |`
}
