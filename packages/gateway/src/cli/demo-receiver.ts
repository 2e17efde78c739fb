import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Envelope, type EventType, receive } from '@waxwing/events'

export type DemoReceiver = {
  url: string
  /** The next event of this type whose signature was verified, already here or yet to come. */
  next<T extends EventType>(type: T): Promise<Envelope<T>>
  stop(): Promise<void>
}

/** A customer's server in thirty lines: it verifies with the published package and refuses what does not verify. */
export async function startDemoReceiver(secret: () => string): Promise<DemoReceiver> {
  const arrived: Envelope[] = []
  const waiting = new Set<() => void>()
  const server = createServer(async (incoming, response) => {
    const result = await receive(await requestOf(incoming), secret())
    response.writeHead(result.ok ? 200 : result.status).end()
    if (!result.ok) return
    arrived.push(result.event)
    for (const look of waiting) look()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  function take<T extends EventType>(type: T): Envelope<T> | null {
    const index = arrived.findIndex(event => event.type === type)
    return index < 0 ? null : (arrived.splice(index, 1)[0] as unknown as Envelope<T>)
  }

  return {
    url: `http://127.0.0.1:${port}/webhooks`,
    next: type =>
      new Promise(resolve => {
        const look = () => {
          const found = take(type)
          if (found === null) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Node's request as the web's: the raw bytes untouched, because they are what was signed. */
async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ])
  return new Request(`http://${incoming.headers.host}${incoming.url}`, {
    method: 'POST',
    headers,
    body: Buffer.concat(chunks),
  })
}
