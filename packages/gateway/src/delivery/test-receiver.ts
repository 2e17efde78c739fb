import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'

/** One request as it arrived: its bytes, not an interpretation. */
export type Received = { headers: IncomingHttpHeaders; rawHeaders: string[]; url: string; body: Buffer }

export type Receiver = {
  url: string
  received: Received[]
  /** Connections opened so far. */
  connections(): number
  stop(): Promise<void>
}

/** A real HTTP server on 127.0.0.1, on a free port unless told; `answer` is called with the request read. Stop it yourself. */
export async function startReceiver(
  answer: (received: Received, ...http: Parameters<RequestListener>) => void,
  { port = 0 }: { port?: number } = {},
): Promise<Receiver> {
  const received: Received[] = []
  let connections = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      const { headers, rawHeaders, url = '' } = request
      const one = { headers, rawHeaders, url, body: Buffer.concat(chunks) }
      received.push(one)
      answer(one, request, response)
    })
  })
  server.on('connection', () => connections++)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    connections: () => connections,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** A server below HTTP, for answers no HTTP library would give. `talk` is called once the request's head is in. */
export async function startRawReceiver(
  talk: (socket: Socket) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createTcpServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => talk(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
