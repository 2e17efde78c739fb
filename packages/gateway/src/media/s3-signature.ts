import { createHash, createHmac } from 'node:crypto'

export type S3Credentials = { keyId: string; secret: string; region: string }

/** What a request says before it is signed. `sha256` is that of its body, in hex. */
export type S3Request = {
  method: 'GET' | 'PUT' | 'DELETE' | 'HEAD'
  url: URL
  headers: Readonly<Record<string, string>>
  sha256: string
}

/** SHA-256 of nothing: the body of a GET. */
export const emptySha256 = createHash('sha256').digest('hex')

/** The headers to send: those of the request, and AWS Signature Version 4 over all of them, the path, and the body. */
export function signS3(request: S3Request, by: S3Credentials, now: Date): Record<string, string> {
  const time = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
  const scope = [time.slice(0, 8), by.region, 's3', 'aws4_request']
  const sent = { ...request.headers, 'x-amz-content-sha256': request.sha256, 'x-amz-date': time }
  const signed = Object.entries({ ...sent, host: request.url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const names = signed.map(([name]) => name).join(';')
  const canonical = [
    request.method,
    encodePath(request.url.pathname),
    canonicalQuery(request.url.searchParams),
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    request.sha256,
  ].join('\n')
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n')
  const key = scope.reduce((key: Buffer | string, part) => hmac(key, part), `AWS4${by.secret}`)
  const signature = hmac(key, text).toString('hex')
  const credential = `${by.keyId}/${scope.join('/')}`
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names},Signature=${signature}`,
  }
}

/** Each part once, whatever a URL left unencoded. */
function encodePath(pathname: string): string {
  return pathname
    .split('/')
    .map(part => encode(decodeURIComponent(part)))
    .join('/')
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
