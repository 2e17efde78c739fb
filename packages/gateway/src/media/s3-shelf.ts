import { openAsBlob } from 'node:fs'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { emptySha256, type S3Request, signS3 } from './s3-signature.ts'
import type { Shelf } from './shelf.ts'

/** A bucket at anything that speaks S3: Amazon, MinIO, R2, Supabase Storage. Addressed by path, which all of them know. */
export type S3Place = {
  /** Without a trailing slash. May have a path. */
  endpoint: string
  bucket: string
  /** A folder in the bucket, without slashes at its ends; empty for none. */
  prefix: string
  region: string
  keyId: string
  secret: string
}

/** How long an answer may take to begin. */
const answerMs = 30_000
/** How long an upload of the largest file may take over a slow line. */
const uploadMs = 600_000

/** Files in a private bucket. Who reads them goes through the API of this gateway, so the bucket need not be public. */
export function createS3Shelf(place: S3Place, now: () => Date = () => new Date()): Shelf {
  const urlOf = (name: string) =>
    new URL([place.endpoint, place.bucket, place.prefix, name].filter(part => part !== '').join('/'))

  async function ask(
    request: Omit<S3Request, 'url' | 'headers'> & { name: string; headers?: Record<string, string> },
    o: { body?: Blob; ms: number },
  ): Promise<Response> {
    const { method, sha256, headers = {} } = request
    const url = urlOf(request.name)
    const stop = new AbortController()
    const tooLong = setTimeout(() => stop.abort(), o.ms)
    try {
      return await fetch(url, {
        method,
        headers: signS3({ method, url, headers, sha256 }, place, now()),
        body: o.body,
        redirect: 'error',
        signal: stop.signal,
      })
    } finally {
      clearTimeout(tooLong)
    }
  }

  return {
    async put(name, file) {
      // A blob of a file is read as it is sent, and its size is known before.
      const body = await openAsBlob(file.path)
      const headers = { 'content-type': 'application/octet-stream' }
      const answer = await ask({ method: 'PUT', name, sha256: file.sha256, headers }, { body, ms: uploadMs })
      await done(answer, [200, 201, 204])
    },
    async open(name, range) {
      const headers = range ? { range: `bytes=${range.start}-${range.end}` } : undefined
      const answer = await ask({ method: 'GET', name, sha256: emptySha256, headers }, { ms: answerMs })
      if (answer.status !== (range ? 206 : 200)) {
        await done(answer, [404])
        return null
      }
      return answer.body ? Readable.fromWeb(answer.body as ReadableStream) : Readable.from([])
    },
    async remove(name) {
      const answer = await ask({ method: 'DELETE', name, sha256: emptySha256 }, { ms: answerMs })
      await done(answer, [200, 202, 204, 404])
    },
  }
}

/** Reads the answer to its end, so that its connection is free, and throws when it is none of these. */
async function done(answer: Response, expected: number[]): Promise<void> {
  const text = await answer.text()
  if (expected.includes(answer.status)) return
  const code = /<Code>(\w{1,64})<\/Code>/.exec(text)?.[1]
  throw new Error(`the bucket answered ${answer.status}${code ? ` (${code})` : ''}`)
}
