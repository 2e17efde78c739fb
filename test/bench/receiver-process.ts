/**
 * The receiver of the benches, a process of its own: plain node:http that reads the body to its end and answers 204. It notes the
 * `webhook-id` and the time of each last byte. Told `report`, it sends what has arrived since the report before. A path that
 * begins with /hang is accepted and never answered, and not noted.
 */
import { createServer } from 'node:http'
import { cpuMs, now } from './clock.ts'

export type Arrivals = { ids: string[]; times: number[]; cpuMs: number }

let ids: string[] = []
let times: number[] = []

const server = createServer((request, response) => {
  if (request.url?.startsWith('/hang')) return
  request.on('data', () => undefined)
  request.on('end', () => {
    times.push(now())
    ids.push(String(request.headers['webhook-id']))
    response.writeHead(204).end()
  })
})

process.on('message', message => {
  if (message !== 'report') return
  process.send?.({ ids, times, cpuMs: cpuMs() } satisfies Arrivals)
  ids = []
  times = []
})
process.on('disconnect', () => process.exit())

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  process.send?.(`http://127.0.0.1:${address.port}`)
})
