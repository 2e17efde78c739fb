import assert from 'node:assert/strict'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { test } from 'node:test'
import { assertProblem } from './problem-checks.ts'
import { startTestApi } from './test-api.ts'

test('while the database is away every route says so, liveness stays, and all is well when it is back', async () => {
  const path = cuttable()
  const api = await startTestApi({ reach: path.reach })
  try {
    const { json: session } = await api.call('POST /sessions', { body: { name: 'a' } })
    path.cut()
    assertProblem(await api.call(`GET /sessions/${session.id}`), 'store_unavailable')
    assertProblem(await api.call('POST /sessions', { body: { name: 'b' } }), 'store_unavailable')
    const ready = await api.call('GET //health/ready')
    assert.deepEqual([ready.status, ready.json.status, ready.json.database.ok], [503, 'unavailable', false])
    assert.equal((await api.call('GET //health/live')).status, 200)
    await path.heal()
    assert.equal((await api.call(`GET /sessions/${session.id}`)).status, 200)
    assert.equal((await api.call('GET /sessions')).json.data.length, 1)
  } finally {
    await path.heal()
    await api.stop()
    path.cut()
  }
})

test('stopping lets a running request finish and takes no new one', async () => {
  const api = await startTestApi()
  const { json } = await api.call('POST /sessions', { body: { name: 'a' } })
  const reached = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<void>()
  api.engine({
    'session.connect': async () => {
      reached.resolve()
      await finish.promise
      return { ok: true, result: { status: 'connecting' } }
    },
  })
  const running = api.call(`POST /sessions/${json.id}/connect`)
  await reached.promise
  const stopped = api.stopApi()
  // Until the socket listens no more, a moment later, whoever comes is sent away.
  const live = () => fetch(`${api.url}/health/live`).catch(() => null)
  for (let answer = await live(); answer !== null; answer = await live()) assert.equal(answer.status, 503)
  finish.resolve()
  assert.equal((await running).status, 200)
  await stopped
  await api.stop()
})

/** A TCP way to the database that a test can cut, as a network or a restart does. */
function cuttable() {
  const open = new Set<Socket>()
  let target = ''
  let port = 0
  let server: Server | null = null
  const heal = async () => {
    if (server) return
    server = createServer(near => {
      const far = connect(target)
      for (const socket of [near, far]) {
        open.add(socket)
        socket
          .on('error', () => {})
          .on('close', () => {
            open.delete(socket)
            near.destroy()
            far.destroy()
          })
      }
      near.pipe(far).pipe(near)
    })
    const listening = server
    await new Promise<void>(resolve => listening.listen(port, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address === 'object' && address) port = address.port
  }
  return {
    heal,
    /** The same database through this way. The embedded server listens on a Unix socket only. */
    async reach(databaseUrl: string) {
      const url = new URL(databaseUrl)
      target = `${url.searchParams.get('host')}/.s.PGSQL.${url.searchParams.get('port')}`
      await heal()
      url.searchParams.set('host', '127.0.0.1')
      url.searchParams.set('port', String(port))
      return url.href
    },
    cut() {
      server?.close()
      server = null
      for (const socket of open) socket.destroy()
    },
  }
}
