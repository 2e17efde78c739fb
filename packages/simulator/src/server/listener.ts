import { once } from 'node:events'
import { createServer, type RequestListener, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

export type Listener = {
  port: number
  /** Answers upgrades with this status from now on; null accepts them again. */
  refuse(status: number | null): void
  close(): Promise<void>
}

/** The door: an HTTP server with the WebSocket at `path`; other requests are for the media host. */
export async function listen(o: {
  host: string
  port: number
  path: string
  accept: (socket: WebSocket) => void
  request: RequestListener
}): Promise<Listener> {
  let refusal: number | null = null
  const http = createServer(o.request)
  const sockets = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, socket, head) => {
    const found = new URL(request.url ?? '/', 'http://simulator').pathname === o.path
    const status = refusal ?? (found ? null : 404)
    if (status === null) sockets.handleUpgrade(request, socket, head, o.accept)
    else
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      )
  })
  http.listen(o.port, o.host)
  await once(http, 'listening')
  return {
    port: (http.address() as AddressInfo).port,
    refuse(status) {
      refusal = status
    },
    async close() {
      if (!http.listening) return
      const closed = once(http, 'close')
      http.close()
      http.closeAllConnections()
      await closed
    },
  }
}
