/** The law: doctor says whether people can get in, and what stands in their way. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { type Config, loadConfig } from '../config.ts'
import { checkSignIn } from './check-sign-in.ts'

/** What the project answers when it is asked for its keys. */
let answer: { status: number; body: string }
const project = createServer((request, response) => {
  assert.equal(request.url, '/auth/v1/.well-known/jwks.json')
  response.writeHead(answer.status).end(answer.body)
})
before(() => new Promise<void>(resolve => project.listen(0, '127.0.0.1', resolve)))
after(() => new Promise(resolve => project.close(resolve)))

function configOf(env: Record<string, string>): Config {
  const loaded = loadConfig(env)
  assert.ok(loaded.ok)
  return loaded.config
}

const withProject = () => {
  const SUPABASE_URL = `http://127.0.0.1:${(project.address() as AddressInfo).port}`
  return checkSignIn(configOf({ AUTH_MODE: 'supabase', SUPABASE_URL }))
}

test('a project that tells its keys is well; one without keys, in trouble, or away is not', async () => {
  answer = { status: 200, body: '{"keys":[{"kty":"EC"},{"kty":"RSA"}]}' }
  const [well] = await withProject()
  assert.equal(well?.level, 'ok')
  assert.match(well?.words ?? '', /^2 signing keys are at http/)
  for (const [trouble, words] of [
    [{ status: 200, body: '{"keys":[]}' }, /shared secret/],
    [{ status: 200, body: '<html>' }, /cannot be read/],
    [{ status: 404, body: '{"keys":[{}]}' }, /it answered 404/],
  ] as const) {
    answer = trouble
    const [finding] = await withProject()
    assert.equal(finding?.level, 'fail')
    assert.match(finding?.words ?? '', words)
    assert.ok(finding?.fix)
  }
  const away = configOf({ AUTH_MODE: 'supabase', SUPABASE_URL: 'http://127.0.0.1:1' })
  assert.equal((await checkSignIn(away))[0]?.level, 'fail')
})

test('passwords that would cross the network in the clear are warned of', async () => {
  const levels = async (env: Record<string, string>) =>
    (await checkSignIn(configOf(env))).map(({ level }) => level)
  assert.deepEqual(await levels({}), ['ok'])
  assert.deepEqual(await levels({ HOST: '0.0.0.0' }), ['ok', 'warn'])
  assert.deepEqual(await levels({ HOST: '0.0.0.0', PUBLIC_URL: 'http://hooks.example' }), ['ok', 'warn'])
  assert.deepEqual(await levels({ HOST: '0.0.0.0', PUBLIC_URL: 'https://hooks.example' }), ['ok'])
})
