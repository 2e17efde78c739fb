/** Files that users point to: fetched through the gate that webhooks pass. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createFileFetcher } from './fetch-file.ts'
import { createGuard } from './guard.ts'

async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function fetcher(t: TestContext, allowLoopback = true) {
  const guard = createGuard({ allow: 'public', allowLoopback })
  const files = createFileFetcher({ guard, userAgent: 'Waxwing/test' })
  t.after(() => files.close())
  return (url: string, signal = AbortSignal.timeout(10_000)) => files.fetch(url, signal)
}

test('a file is read as it comes, with its type', async t => {
  const bytes = randomBytes(300_000)
  const url = await serve(t, (_request, response) =>
    response.writeHead(200, { 'content-type': 'image/png' }).end(bytes),
  )
  const found = await fetcher(t)(`${url}/boat.png`)
  assert.ok(found.ok)
  assert.equal(found.mimeType, 'image/png')
  assert.deepEqual(Buffer.concat(await Array.fromAsync(found.body)), bytes)
})

test('no address is asked that webhooks may not go to, nor one that a redirection leads to', async t => {
  let asked = 0
  const ours = await serve(t, (_request, response) => {
    asked++
    response.end('secret')
  })
  const refused = await fetcher(t, false)(ours)
  assert.deepEqual([refused.ok, !refused.ok && refused.reason], [false, 'refused'])
  for (const target of [
    'http://169.254.169.254/latest/',
    'http://10.0.0.1/',
    'file:///etc/passwd',
    'http://[::ffff:10.0.0.1]/',
  ]) {
    const first = await serve(t, (_request, response) => response.writeHead(302, { location: target }).end())
    for (const url of [first, target]) {
      const found = await fetcher(t)(url)
      assert.deepEqual([found.ok, !found.ok && found.reason], [false, 'refused'], `${url} to ${target}`)
    }
  }
  assert.equal(asked, 0)
})

test('redirections are followed to the file, but not in circles', async t => {
  const url = await serve(t, (request, response) => {
    const step = Number(request.url?.slice(1))
    if (step === 0) response.end('here')
    else response.writeHead(307, { location: `/${step - 1}` }).end()
  })
  const found = await fetcher(t)(`${url}/3`)
  assert.equal(found.ok && Buffer.concat(await Array.fromAsync(found.body)).toString(), 'here')
  const circle = await fetcher(t)(`${url}/4`)
  assert.deepEqual([circle.ok, !circle.ok && circle.reason], [false, 'unreachable'])
})

test('what is no file, nobody, or too slow is told as such', async t => {
  const missing = await serve(t, (_request, response) => response.writeHead(404).end('no'))
  const silent = await serve(t, () => {})
  const fetch = fetcher(t)
  assert.match(JSON.stringify(await fetch(missing)), /unreachable.*answered with status 404/)
  assert.match(JSON.stringify(await fetch('http://127.0.0.1:1/')), /unreachable/)
  assert.match(JSON.stringify(await fetch(silent, AbortSignal.timeout(200))), /did not answer in time/)
  const stalling = await serve(t, (_request, response) => void response.write('half'))
  const found = await fetch(stalling, AbortSignal.timeout(1_000))
  assert.ok(found.ok)
  await assert.rejects(Array.fromAsync(found.body))
})
