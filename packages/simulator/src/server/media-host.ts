import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** What a test may do to the next downloads. */
export type MediaFault =
  /** This status instead of the file: 404 and 410 are gone, 500 and 503 ours to try again. */
  | { status: number }
  /** One bit of the file is another. */
  | 'corrupt'
  /** The connection breaks half-way. */
  | 'cut'
  /** Half the file, and then nothing for ever. */
  | 'stall'
  /** Complete in itself, but not the whole file. */
  | 'truncate'

/** Where encrypted files lie: an HTTP server that knows no keys. */
export type MediaHost = {
  /** Takes a file and says where it lies: the `directPath` of a message. */
  put(ciphertext: Buffer): string
  /** What lies, or once lay, at a direct path; a phone keeps what the server has forgotten. */
  get(directPath: string): Buffer | undefined
  /** From now on everything stored so far is answered 410 (or 404), as WhatsApp does after some weeks. */
  expire(status?: 404 | 410): void
  /** The next downloads, one fault each. */
  fail(...faults: MediaFault[]): void
  /** How many downloads were asked for since the start. */
  readonly downloads: number
  /** How many were being answered at the same time, at most. */
  readonly mostAtOnce: number
  /** Answers `GET <directPath>` and Baileys' `POST /mms/<kind>/<token>`. */
  handle(request: IncomingMessage, response: ServerResponse): void
}

/** A sandbox that runs for weeks forgets its oldest files. */
const FILES_KEPT = 500
/** WhatsApp's own limit of a document is 2 GB; what somebody sends to a simulation is smaller. */
const LARGEST_UPLOAD = 128 * 1024 * 1024

type StoredFile = { ciphertext: Buffer; gone: number | null }

export function createMediaHost(): MediaHost {
  const files = new Map<string, StoredFile>()
  const faults: MediaFault[] = []
  let downloads = 0
  let now = 0
  let mostAtOnce = 0

  function put(ciphertext: Buffer): string {
    const name = randomBytes(12).toString('hex')
    files.set(name, { ciphertext, gone: null })
    const [oldest] = files.keys()
    if (files.size > FILES_KEPT && oldest !== undefined) files.delete(oldest)
    // The query is part of a real direct path as well, and signs it.
    return `/v/t62.7118-24/${name}.enc?ccb=11-4&oh=${randomBytes(8).toString('hex')}&_nc_sid=5e03e0`
  }

  const find = (path: string) => files.get(/^\/v\/t62\.7118-24\/([0-9a-f]+)\.enc/.exec(path)?.[1] ?? '')

  function download(request: IncomingMessage, response: ServerResponse): void {
    downloads += 1
    now += 1
    mostAtOnce = Math.max(mostAtOnce, now)
    response.on('close', () => {
      now -= 1
    })
    const file = find(request.url ?? '')
    const fault = faults.shift()
    if (!file) return void response.writeHead(404).end()
    if (file.gone !== null) return void response.writeHead(file.gone).end()
    if (typeof fault === 'object') return void response.writeHead(fault.status).end()
    answer(response, file.ciphertext, fault)
  }

  return {
    put,
    get: directPath => find(directPath)?.ciphertext,
    expire(status = 410) {
      for (const file of files.values()) file.gone = status
    },
    fail(...next) {
      faults.push(...next)
    },
    get downloads() {
      return downloads
    },
    get mostAtOnce() {
      return mostAtOnce
    },
    handle(request, response) {
      if (request.method === 'GET') return download(request, response)
      if (request.method === 'POST' && request.url?.startsWith('/mms/'))
        return void upload(request, response, put)
      response.writeHead(404).end()
    },
  }
}

function answer(response: ServerResponse, whole: Buffer, fault: MediaFault | undefined): void {
  const half = whole.subarray(0, Math.ceil(whole.length / 2))
  // A whole number of blocks and a MAC that is not theirs: nothing but the checks can tell.
  const sent = fault === 'truncate' ? whole.subarray(16) : fault === 'corrupt' ? flipped(whole) : whole
  response.writeHead(200, { 'content-length': sent.length, 'content-type': 'application/octet-stream' })
  if (fault === 'cut') response.write(half, () => response.destroy())
  else if (fault === 'stall') response.write(half)
  else response.end(sent)
}

function flipped(whole: Buffer): Buffer {
  const copy = Buffer.from(whole)
  copy.writeUInt8(copy.readUInt8(0) ^ 1, 0)
  return copy
}

async function upload(
  request: IncomingMessage,
  response: ServerResponse,
  put: (ciphertext: Buffer) => string,
): Promise<void> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request) {
      size += chunk.length
      if (size > LARGEST_UPLOAD) return void response.writeHead(413).end()
      chunks.push(chunk)
    }
  } catch {
    return
  }
  const directPath = put(Buffer.concat(chunks))
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({ url: `https://${request.headers.host}${directPath}`, direct_path: directPath }),
  )
}
