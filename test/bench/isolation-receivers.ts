/**
 * The receivers of the isolation bench, in a process of their own, each on its own port: the first so many answer 204, the next
 * 500, the last never. Arguments: how many of each. Over IPC it says its ports, and on `report` the `webhook-id` and the time of
 * the last byte of everything that those who answer 204 have received since the report before.
 */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

const [good = 0, failing = 0, hanging = 0] = process.argv.slice(2).map(Number)

let ids: string[] = []
let times: number[] = []

const well: RequestListener = (request, response) => {
  request.resume().once('end', () => {
    times.push(Number(process.hrtime.bigint()) / 1e6) // of the machine's monotonic clock: the same in every process
    ids.push(String(request.headers['webhook-id']))
    response.writeHead(204).end()
  })
}
const ill: RequestListener = (request, response) => {
  request.resume().once('end', () => response.writeHead(500).end())
}
const silent: RequestListener = request => void request.resume()

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  server.keepAliveTimeout = 60_000
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const all = (count: number, listener: RequestListener) =>
  Promise.all(Array.from({ length: count }, () => listen(listener)))

process.on('message', () => {
  process.send?.({ ids, times })
  ids = []
  times = []
})
process.on('disconnect', () => process.exit())
process.send?.({
  good: await all(good, well),
  failing: await all(failing, ill),
  hanging: await all(hanging, silent),
})
