/** The law: the printed link makes its holder the owner, once; later ones come from the terminal beside the gateway. */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { spawnWaxwing, waxwing } from './run-waxwing.ts'

const folder = mkdtempSync(join(tmpdir(), 'waxwing-sign-in-'))
// As root the embedded server runs as another user, who has to get in.
chmodSync(folder, 0o755)
after(() => rmSync(folder, { recursive: true }))

async function started() {
  const env = { DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'warn' }
  const running = spawnWaxwing(['start', '--no-sandbox', '--json'], env)
  running.child.stderr.resume()
  const { url, sign_in_url: link } = JSON.parse(await running.firstLine())
  return {
    link: link as string | null,
    /** As a page of this gateway calls it. */
    async call(path: string, { cookie = '', method = 'POST', body = {} } = {}) {
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', cookie },
        body: method === 'GET' ? undefined : JSON.stringify(body),
      })
      return {
        status: response.status,
        cookie: response.headers.get('set-cookie')?.split(';')[0],
        // biome-ignore lint/suspicious/noExplicitAny: answers are read by name
        json: (await response.json()) as any,
      }
    },
    verb: () => waxwing(['sign-in', '--json'], { DATA_DIR: folder, PORT: new URL(url).port }),
    async stop() {
      running.child.kill('SIGTERM')
      assert.equal((await running.end()).code, 0)
    },
  }
}

const tokenOf = (link: unknown) => ({ token: /#sign-in=([\w-]{43})$/.exec(String(link))?.[1] })

test('the first to open the printed link is the owner; with a password no start prints another', async () => {
  const first = await started()
  const unused = tokenOf(first.link)
  await first.stop()

  const second = await started()
  assert.notEqual(tokenOf(second.link).token, unused.token)
  const me = await second.call('/auth/sign-in/link', { body: tokenOf(second.link) })
  assert.deepEqual([me.status, me.json.role, me.json.has_password], [200, 'owner', false])
  assert.equal((await second.call('/auth/sign-in/link', { body: tokenOf(second.link) })).status, 401)
  const body = { email: 'owner@example.org', new_password: 'a perfectly good one' }
  const set = await second.call('/auth/password', { method: 'PUT', cookie: me.cookie, body })
  assert.equal(set.status, 200)
  // The link of the first start was good still, until there was a password.
  assert.equal((await second.call('/auth/sign-in/link', { body: unused })).status, 401)
  await second.stop()

  const third = await started()
  assert.equal(third.link, null)
  assert.equal(
    (await third.call('/me', { method: 'GET', cookie: me.cookie })).status,
    200,
    'sign-ins survive',
  )
  const { code, records, stderr } = await third.verb()
  assert.equal(code, 0, stderr)
  const again = await third.call('/auth/sign-in/link', { body: tokenOf(records[0]?.url) })
  assert.deepEqual([again.status, again.json.email], [200, 'owner@example.org'])
  await third.stop()
})
