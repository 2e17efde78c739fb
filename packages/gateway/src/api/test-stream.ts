/** For tests of the live stream: a reader of Server-Sent Events that takes what it is told to take. */

export type Message = {
  event: string
  id: string | null
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it by name
  data: any
}

export type StreamReader = {
  status: number
  headers: Headers
  /** The next message; null when the stream has ended. Comments and `retry:` are kept apart. */
  next(): Promise<Message | null>
  /** The next `count` messages; fails when the stream ends before. */
  take(count: number): Promise<Message[]>
  comments: number
  retryMs: number | null
  close(): Promise<void>
}

export async function openStream(url: string, headers: Record<string, string>): Promise<StreamReader> {
  const abort = new AbortController()
  // Longer than any test here; a stream that says nothing must not hang it.
  const response = await fetch(url, {
    headers,
    signal: AbortSignal.any([abort.signal, AbortSignal.timeout(60_000)]),
  })
  const messages = messagesOf(response.body ?? new ReadableStream())
  const stream: StreamReader = {
    status: response.status,
    headers: response.headers,
    comments: 0,
    retryMs: null,
    async next() {
      for await (const block of { [Symbol.asyncIterator]: () => ({ next: () => messages.next() }) }) {
        const fields = fieldsOf(block)
        if (fields.has('retry')) stream.retryMs = Number(fields.get('retry'))
        const data = fields.get('data')
        if (data !== undefined)
          return { event: fields.get('event') ?? '', id: fields.get('id') ?? null, data: JSON.parse(data) }
        if (block.startsWith(':')) stream.comments++
      }
      return null
    },
    async take(count) {
      const taken: Message[] = []
      while (taken.length < count) {
        const one = await stream.next()
        if (one === null) throw new Error(`the stream ended after ${taken.length} of ${count} messages`)
        taken.push(one)
      }
      return taken
    },
    async close() {
      abort.abort()
    },
  }
  return stream
}

function fieldsOf(block: string): Map<string, string> {
  return new Map(
    block
      .split('\n')
      .map(
        line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()] as const,
      ),
  )
}

async function* messagesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    yield* blocks
  }
}
