import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { S3Place } from './s3-shelf.ts'

/** A bucket of a server that believes nobody: it works the signature out by itself, from what came over the wire. */
export async function startBucket(t: TestContext): Promise<{
  place: S3Place
  /** By path. */
  objects: Map<string, Buffer>
  /** Why it refused requests. */
  refused: string[]
  /** The next requests are answered with these. */
  fail(...statuses: number[]): void
}> {
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
  const objects = new Map<string, Buffer>()
  const refused: string[] = []
  const failures: number[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const failure = failures.shift()
    const fault = faultOf(request, body, secret)
    const [path = ''] = (request.url ?? '').split('?')
    const object = objects.get(path)
    if (failure !== undefined) return response.writeHead(failure).end('<Code>SlowDown</Code>')
    if (fault) {
      refused.push(fault)
      return response.writeHead(403).end(`<Error><Code>SignatureDoesNotMatch</Code></Error>`)
    }
    if (request.method === 'PUT') {
      objects.set(path, body)
      return response.writeHead(200).end()
    }
    if (request.method === 'DELETE') {
      objects.delete(path)
      return response.writeHead(204).end()
    }
    if (!object) return response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>')
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    if (start === undefined) return response.writeHead(200).end(object)
    return response.writeHead(206).end(object.subarray(Number(start), Number(end) + 1))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return {
    place: {
      endpoint: `http://127.0.0.1:${port}/storage/v1/s3`,
      bucket: 'media',
      prefix: 'some folder/of ours',
      region: 'eu-central-1',
      keyId: 'AKIAIOSFODNN7EXAMPLE',
      secret,
    },
    objects,
    refused,
    fail: (...statuses) => failures.push(...statuses),
  }
}

function faultOf(request: IncomingMessage, body: Buffer, secret: string): string | null {
  const { headers } = request
  const scheme = /^AWS4-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/
  const [, credential = '', names = '', signature] = scheme.exec(headers.authorization ?? '') ?? []
  const [, date = '', region = '', service = '', end = ''] = credential.split('/')
  const time = String(headers['x-amz-date'])
  if (!time.startsWith(date)) return 'the date of the credential is another'
  if (
    Math.abs(Date.now() - Date.parse(time.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5'))) > 900_000
  )
    return 'the time is not now'
  const actual = createHash('sha256').update(body).digest('hex')
  if (headers['x-amz-content-sha256'] !== actual) return 'the body is another'
  if (Number(headers['content-length'] ?? 0) !== body.length) return 'the length is not said'
  for (const name of ['host', 'x-amz-date', 'x-amz-content-sha256'])
    if (!names.split(';').includes(name)) return `${name} is not signed`
  const lines = names.split(';').map(name => `${name}:${headers[name]}`)
  const [path, query = ''] = (request.url ?? '').split('?')
  const canonical = [request.method, path, query, ...lines, '', names, actual].join('\n')
  const hash = createHash('sha256').update(canonical).digest('hex')
  const text = `AWS4-HMAC-SHA256\n${time}\n${date}/${region}/${service}/${end}\n${hash}`
  let key: Buffer = Buffer.from(`AWS4${secret}`)
  for (const part of [date, region, service, end]) key = createHmac('sha256', key).update(part).digest()
  return createHmac('sha256', key).update(text).digest('hex') === signature
    ? null
    : 'the signature is another'
}
