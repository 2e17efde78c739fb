/** Building on the machine that serves: once per change, whoever asks, wherever it may be written. */
import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'

const here = join(import.meta.dirname, '..')
const root = mkdtempSync(join(tmpdir(), 'waxwing-build-'))
const copy = join(root, 'packages/dashboard')
let builtDashboard: (a?: { cacheDir?: string }) => Promise<string>

before(async () => {
  cpSync(here, copy, { recursive: true, filter: path => !/\/(dist|node_modules)$/.test(path) })
  symlinkSync(join(here, '../../node_modules'), join(root, 'node_modules'))
  writeFileSync(join(root, 'package-lock.json'), '{}')
  cpSync(join(here, '../../tsconfig.json'), join(root, 'tsconfig.json'))
  builtDashboard = (await import(join(copy, 'build.ts'))).builtDashboard
})
after(() => rmSync(root, { recursive: true, force: true }))

test('two that ask at once get one build, and a third starts none', async () => {
  const [one, two] = await Promise.all([builtDashboard(), builtDashboard()])
  assert.equal(one, two)
  const madeAt = statSync(join(one, 'index.html')).mtimeMs
  assert.equal(await builtDashboard(), one)
  assert.equal(statSync(join(one, 'index.html')).mtimeMs, madeAt)
  assert.equal(statSync(one).mode & 0o777, 0o755, 'readable for whoever serves it')
  assert.deepEqual(readdirSync(join(copy, 'dist')), [one.split('/').at(-1)], 'no draft is left behind')
})

test('a first load is below 250 kB compressed, and nothing in it is inline', async () => {
  const folder = await builtDashboard()
  const page = readFileSync(join(folder, 'index.html'), 'utf8')
  const eager = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
  const bytes = eager.reduce((sum, path) => sum + gzipSync(readFileSync(join(folder, path))).length, 0)
  assert.ok(eager.length >= 2 && bytes < 250_000, `${bytes} bytes in ${eager.join(', ')}`)
  assert.doesNotMatch(page, /<script>|<style|style="/)
})

test('where the sources cannot be written the build goes to the folder of the caller, and a change makes another', async () => {
  rmSync(join(copy, 'dist'), { recursive: true })
  // Also for root, who may write everywhere, this is no folder.
  writeFileSync(join(copy, 'dist'), 'in the way')
  const cacheDir = join(root, 'data')
  mkdirSync(cacheDir)
  const first = await builtDashboard({ cacheDir })
  assert.ok(first.startsWith(join(cacheDir, 'dashboard')), first)
  await assert.rejects(builtDashboard(), /can be written/)

  writeFileSync(join(copy, 'public/theme.js'), '// changed\n')
  const second = await builtDashboard({ cacheDir })
  assert.notEqual(second, first)
  assert.ok(!existsSync(first), 'what older sources gave is thrown away')
})

test('a build that fails rejects with what the bundler said', async () => {
  writeFileSync(join(copy, 'src/main.tsx'), 'import "./missing.ts"')
  await assert.rejects(builtDashboard({ cacheDir: join(root, 'data') }), /missing/)
})
