import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Envelope, receive } from '@waxwing/events'

/** One request as the receiver saw it; `event` is there only when the signature was verified. */
export type Received = {
  at: number
  headers: Headers
  body: string
  event: Envelope | null
  refusal: string | null
}

/** What to answer to the n-th request (from 0): a status, or `hang` to answer nothing at all. */
export type Answer = (request: Received, index: number) => number | 'hang' | Promise<number | 'hang'>

export type Receiver = {
  url: string
  requests: Received[]
  /** Verifies with these secrets (set once the webhook is created). */
  secret: string
  answer: Answer
  /** Resolves when `done` is true of the requests so far; rejects after `timeoutMs` with what is there instead. */
  until(done: (requests: Received[]) => boolean, timeoutMs?: number): Promise<void>
  stop(): Promise<void>
}

/** A customer's server on loopback that verifies what it gets with the package that customers use. */
export async function startReceiver(): Promise<Receiver> {
  const waiting = new Set<() => void>()
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', chunk => chunks.push(chunk))
    incoming.on('end', async () => {
      const body = Buffer.concat(chunks).toString()
      const headers = new Headers(incoming.headers as Record<string, string>)
      const verdict = await receive(
        new Request('http://receiver/hook', { method: 'POST', headers, body }),
        receiver.secret,
      )
      const request: Received = {
        at: Date.now(),
        headers,
        body,
        event: verdict.ok ? verdict.event : null,
        refusal: verdict.ok ? null : `${verdict.refusal}: ${verdict.detail}`,
      }
      receiver.requests.push(request)
      for (const check of waiting) check()
      const status = await receiver.answer(request, receiver.requests.length - 1)
      if (status !== 'hang') outgoing.writeHead(status).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests: [],
    secret: '',
    answer: () => 200,
    until: (done, timeoutMs = 60_000) =>
      new Promise((resolve, reject) => {
        const finish = (error?: Error) => {
          clearTimeout(timer)
          waiting.delete(check)
          error ? reject(error) : resolve()
        }
        const timer = setTimeout(
          () =>
            finish(new Error(`after ${timeoutMs} ms the receiver has ${receiver.requests.length} requests`)),
          timeoutMs,
        )
        const check = () => done(receiver.requests) && finish()
        waiting.add(check)
        check()
      }),
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return receiver
}
