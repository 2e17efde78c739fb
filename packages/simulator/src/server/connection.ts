import { type BinaryNode, decodeBinaryNode, encodeBinaryNode, type proto } from 'baileys'
import type { WebSocket } from 'ws'
import { createFrameReader, encodeFrame } from '../wire/frames.ts'
import { node } from '../wire/nodes.ts'
import { createHandshake, type Transport } from '../wire/noise.ts'
import type { Companion, DeviceKeys } from './companion.ts'
import type { Network } from './network.ts'

/** A client that is not linked yet: what it told of itself, and the references its QR codes carry. */
export type Registration = { keys: DeviceKeys; refs: string[] }

/** One client's socket, from the first byte on. */
export type Connection = {
  /** The client's Noise static key; empty until the handshake is through. */
  clientKey: Buffer
  registration: Registration | null
  /** The linked device that logged in here. */
  companion: Companion | null
  send(node: BinaryNode): void
  /** Sends an iq and resolves to its answer; rejects after 10 s, or when the connection ends. */
  request(iq: BinaryNode): Promise<BinaryNode>
  /** Sends a last stanza and closes. */
  end(last: BinaryNode): void
  /** Cuts the socket without a word. */
  cut(): void
  pause(): void
  resume(): void
}

export type ConnectionHandlers = {
  /** The handshake is through: register or log in. */
  hello(connection: Connection, payload: proto.ClientPayload): Promise<void>
  stanza(connection: Connection, node: BinaryNode): Promise<void>
  closed(connection: Connection): void
}

const REQUEST_TIMEOUT_MS = 10_000

export function acceptConnection(network: Network, socket: WebSocket, handlers: ConnectionHandlers): void {
  const handshake = createHandshake(network.identity)
  const readFrames = createFrameReader()
  const requests = new Map<string, { settle(answer: BinaryNode | Error): void }>()
  const held: BinaryNode[] = []
  let step: 'hello' | 'finish' | 'open' = 'hello'
  let transport: Transport | null = null
  let requestsMade = 0

  const connection: Connection = {
    clientKey: Buffer.alloc(0),
    registration: null,
    companion: null,
    send(stanza) {
      if (network.hung) held.push(stanza)
      else write(stanza)
    },
    request(iq) {
      const id = `srv-${++requestsMade}`
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => settle(new Error(`the client did not answer iq ${id} within ${REQUEST_TIMEOUT_MS} ms`)),
          REQUEST_TIMEOUT_MS,
        )
        const settle = (answer: BinaryNode | Error) => {
          clearTimeout(timer)
          requests.delete(id)
          if (answer instanceof Error) reject(answer)
          else resolve(answer)
        }
        requests.set(id, { settle })
        connection.send({ ...iq, attrs: { ...iq.attrs, id } })
      })
    },
    end(last) {
      connection.send(last)
      socket.close()
    },
    cut: () => socket.terminate(),
    pause: () => socket.pause(),
    resume() {
      for (const stanza of held.splice(0)) write(stanza)
      socket.resume()
    },
  }

  function write(stanza: BinaryNode): void {
    if (!transport || socket.readyState !== socket.OPEN) return
    record('out', stanza)
    const frame = encodeFrame(transport.encrypt(encodeBinaryNode(stanza)))
    const account = connection.companion?.account
    if (account?.corruptNext) {
      account.corruptNext = false
      // The last byte is of the authentication tag.
      frame[frame.length - 1] = (frame[frame.length - 1] ?? 0) ^ 1
    }
    socket.send(frame)
  }

  function record(direction: 'in' | 'out', stanza: BinaryNode): void {
    const companion = connection.companion
    const device = companion && { number: companion.account.number, index: companion.index }
    network.stanzas.add({ at: new Date(), direction, device, node: stanza })
  }

  async function frame(payload: Buffer): Promise<void> {
    if (step === 'hello') {
      socket.send(encodeFrame(handshake.hello(payload)))
      step = 'finish'
    } else if (step === 'finish') {
      const done = handshake.finish(payload)
      connection.clientKey = done.clientStatic
      transport = done.transport
      step = 'open'
      await handlers.hello(connection, done.payload)
    } else if (transport) {
      const stanza = await decodeBinaryNode(transport.decrypt(payload))
      record('in', stanza)
      const request = stanza.tag === 'iq' ? requests.get(stanza.attrs.id ?? '') : undefined
      if (request) request.settle(stanza)
      else await handlers.stanza(connection, stanza)
    }
  }

  // Decoding is asynchronous and every frame consumes a nonce: strictly one after the other.
  let turn: Promise<void> = Promise.resolve()
  socket.on('message', (data: Buffer) => {
    turn = turn.then(async () => {
      try {
        for (const payload of readFrames(data)) await frame(payload)
      } catch (error) {
        network.warn(
          { err: error, device: connection.companion?.jid },
          'a client sent something the server cannot take',
        )
        if (transport) connection.end(node('stream:error', { code: '500' }))
        else socket.close()
      }
    })
  })
  socket.on('error', error => network.warn({ err: error }, 'socket error'))
  socket.on('close', () => {
    network.connections.delete(connection)
    for (const request of [...requests.values()])
      request.settle(new Error('the client closed its connection'))
    handlers.closed(connection)
  })
  network.connections.add(connection)
  if (network.hung) socket.pause()
}
