import type { Readable } from 'node:stream'
import { createConnections } from './connections.ts'
import { failureOf } from './failure.ts'
import type { Guard } from './guard.ts'

/** What an address of a file led to. `detail` is a sentence for whoever gave the address. */
export type FoundFile =
  | { ok: true; mimeType: string | null; body: AsyncIterable<Uint8Array> }
  | { ok: false; reason: 'refused' | 'unreachable'; detail: string }

export type FileFetcher = {
  /** Begins to read a file that a user points to. Its body rejects when `signal` aborts, or the way breaks. */
  fetch(url: string, signal: AbortSignal): Promise<FoundFile>
  close(): Promise<void>
}

/** Files are often a redirection away; more than this is a circle. */
const mostRedirects = 3
/** Somebody's uploads are no flood. */
const maxConnections = 8

/** Fetches what users point to, through the same gate as webhooks: every address, and every redirection to another. */
export function createFileFetcher(a: { guard: Guard; userAgent: string }): FileFetcher {
  const { guard, userAgent } = a
  const { agent } = createConnections({ guard, maxConnections })

  async function ask(url: URL, signal: AbortSignal) {
    const headers = { 'user-agent': userAgent, accept: '*/*', 'accept-encoding': 'identity' }
    const path = url.pathname + url.search
    return agent.request({ origin: url.origin, path, method: 'GET', headers, signal })
  }

  return {
    async fetch(text, signal) {
      let target = text
      for (let redirects = 0; redirects <= mostRedirects; redirects++) {
        const verdict = guard.checkUrl(target)
        if (!verdict.ok) return { ok: false, reason: 'refused', detail: verdict.detail }
        const url = new URL(target)
        try {
          const { statusCode, headers, body } = await ask(url, signal)
          if (statusCode === 200)
            return { ok: true, mimeType: one(headers['content-type']), body: closing(body) }
          discard(body)
          const next =
            statusCode >= 300 && statusCode < 400 ? URL.parse(one(headers.location) ?? '', url.href) : null
          if (next === null) return unreachable(`${url.host} answered with status ${statusCode}.`)
          target = next.href
        } catch (error) {
          const failure = failureOf(error as Error)
          const reason = failure.class === 'blocked' ? 'refused' : 'unreachable'
          return {
            ok: false,
            reason,
            detail: signal.aborted ? 'It did not answer in time.' : failure.message,
          }
        }
      }
      return unreachable(`There are more than ${mostRedirects} redirections.`)
    },
    close: () => agent.destroy(),
  }
}

function unreachable(detail: string): FoundFile {
  return { ok: false, reason: 'unreachable', detail }
}

/** Whoever stops reading, for whatever reason, gives the connection back. */
async function* closing(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } finally {
    discard(body)
  }
}

/** A body that is given up says so with an error, which is no news to whoever gave it up. */
function discard(body: Readable): void {
  body.on('error', () => {}).destroy()
}

function one(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null
}
