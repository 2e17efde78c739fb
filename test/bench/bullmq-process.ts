/**
 * What a webhook sender on a job queue looks like: BullMQ, one job a delivery, added in bulk of 100 while a worker of the same
 * process sends them with fetch or undici. Prints how many a second, from the first job added to the last answered, as JSON.
 */
import { parseArgs } from 'node:util'
import { Queue, Worker } from 'bullmq'
import { Agent } from 'undici'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    redis: { type: 'string', default: '' },
    body: { type: 'string', default: '' },
    jobs: { type: 'string', default: '6000' },
    client: { type: 'string', default: 'fetch' },
  },
})
const total = Number(values.jobs)
const connection = { path: values.redis, maxRetriesPerRequest: null }
const agent = new Agent({ connections: 128, pipelining: 1 })
const { origin, pathname } = new URL(values.url)

const clients: Record<string, (id: string, body: string) => Promise<void>> = {
  async fetch(id, body) {
    const answer = await fetch(values.url, { method: 'POST', headers: headersOf(id), body })
    if (!answer.ok) throw new Error(`${answer.status}`)
    await answer.arrayBuffer()
  },
  async undici(id, body) {
    const request = { origin, path: pathname, method: 'POST', headers: headersOf(id), body } as const
    const answer = await agent.request(request)
    if (answer.statusCode >= 300) throw new Error(`${answer.statusCode}`)
    await answer.body.dump()
  },
}
const headersOf = (id: string) => ({ 'content-type': 'application/json', 'webhook-id': id })
const send = clients[values.client]
if (send === undefined) throw new Error(`no client ${values.client}`)

const queue = new Queue(`bench-${process.pid}`, { connection })
const all = Promise.withResolvers<void>()
let done = 0
const start = performance.now()
const worker = new Worker<{ body: string }>(
  queue.name,
  async job => {
    await send(job.name, job.data.body)
  },
  { connection, concurrency: 100 },
)
worker.on('completed', () => {
  if (++done === total) all.resolve()
})
for (let at = 0; at < total; at += 100)
  await queue.addBulk(
    Array.from({ length: Math.min(100, total - at) }, (_, index) => ({
      name: `bullmq-${process.pid}-${at + index}`,
      data: { body: values.body },
      opts: { removeOnComplete: true, attempts: 3, backoff: { type: 'exponential', delay: 1_000 } },
    })),
  )
await all.promise
console.log(JSON.stringify({ perSecond: Math.round(total / ((performance.now() - start) / 1_000)) }))
await worker.close()
await queue.obliterate({ force: true })
await queue.close()
await agent.close()
