/**
 * The house rules, executable (ARCHITECTURE.md, "Doors"). A walk over import specifiers and three tables.
 * This file is the only place where an exception is granted, and each exception says why.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')
const gateway = 'packages/gateway/src'

/** Which rooms a room of the gateway may import, besides itself and the events package. */
const doors: Record<string, readonly string[]> = {
  store: [],
  stream: [],
  delivery: [],
  // Keeps bytes, whoever brings and whoever fetches them; its rows say until when.
  media: ['store'],
  engine: ['store', 'stream'],
  dispatcher: ['store', 'stream', 'delivery'],
  api: ['store', 'stream', 'delivery'],
}

/** Files of the gateway that stand outside the rooms: the composition root and its tools may open every door. */
const composition = /^packages\/gateway\/src\/(app|main|generate|sandbox)\.ts$|^packages\/gateway\/src\/cli\//

/** Which packages of ours a package may import. */
const streets: Record<string, readonly string[]> = {
  events: [],
  simulator: [],
  dashboard: ['@waxwing/events'],
  gateway: ['@waxwing/events'],
}

/** A foreign language is spoken in one room: pattern, the only paths that may match it. Comments do not count. */
const borders: readonly { says: string; pattern: RegExp; only: RegExp }[] = [
  { says: 'process.env', pattern: /\bprocess\.env\b/, only: /^packages\/gateway\/src\/config\.ts$/ },
  {
    says: 'Baileys',
    pattern: /from '(baileys|libsignal|whatsapp-rust-bridge)/,
    only: /^packages\/(gateway\/src\/engine|simulator\/src)\//,
  },
  {
    says: 'a socket of WhatsApp',
    pattern: /\bmakeWASocket\(/,
    only: /^packages\/gateway\/src\/engine\/connect\.ts$/,
  },
  {
    says: 'Redis',
    pattern: /from '(@redis\/client|redis|ioredis)'/,
    only: /^packages\/gateway\/src\/stream\//,
  },
  {
    says: 'OpenTelemetry',
    pattern: /from '@opentelemetry\//,
    only: /^packages\/gateway\/src\/tracing\.ts$/,
  },
  {
    says: 'Prometheus',
    pattern: /from '@prometheus-io\//,
    only: /^packages\/gateway\/src\/[a-z-]*metrics\.ts$/,
  },
  { says: 'SQL', pattern: /from 'pg'/, only: /^packages\/gateway\/src\/store\// },
  { says: 'HTTP to customers', pattern: /from 'undici'/, only: /^packages\/gateway\/src\/delivery\// },
  {
    says: 'HMAC of webhooks',
    pattern: /createHmac|subtle\.sign/,
    // WhatsApp's files carry one, links to them are signed, and so are requests to buckets: none of them a webhook's.
    only: /^packages\/(events\/src\/signature\.ts$|simulator\/src\/wire\/|gateway\/src\/(engine\/media\/decrypt|media\/links|media\/s3-signature)\.ts$)/,
  },
  {
    says: 'WhatsApp identifiers',
    pattern: /['"`@]s\.whatsapp\.net/,
    only: /^packages\/(gateway\/src\/engine\/jid\.ts$|events\/src\/catalog\/|simulator\/src\/)/,
  },
]

/** The exceptions: file, the rule it may break, the reason. */
const exceptions: readonly { file: string; rule: string; reason: string }[] = [
  ...['hub', 'standard'].map(scheme => ({
    file: `packages/dashboard/src/pages/webhook/snippets-${scheme}.ts`,
    rule: 'borders',
    reason: 'Programs of receivers, as text to copy: nothing here runs them.',
  })),
]

type Import = { target: string; typeOnly: boolean }
type Source = { path: string; text: string; imports: Import[] }

/** Tests and what only tests import: `x.test.ts`, and `test-x.ts` beside it. They may use any part to set the stage. */
const isTest = (path: string) => /\.test\.tsx?$|\/test-[^/]+\.ts$/.test(path)

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

function importsOf(path: string, text: string): Import[] {
  const found: Import[] = []
  const statement = /^(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm
  for (const [, typeOnly, fixed, dynamic] of text.matchAll(statement)) {
    const specifier = fixed ?? dynamic ?? ''
    const target = specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier
    found.push({ target, typeOnly: typeOnly !== undefined })
  }
  return found
}

const sources: Source[] = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root })
  .sort()
  .filter(path => !isTest(path))
  .map(path => {
    const text = withoutComments(readFileSync(join(root, path), 'utf8'))
    return { path, text, imports: importsOf(path, text) }
  })

const roomOf = (path: string) => path.match(/^packages\/gateway\/src\/([^/]+)\//)?.[1]
const packageOf = (path: string) => path.split('/')[1] ?? ''
const excused = (file: string, rule: string) => exceptions.some(e => e.file === file && e.rule === rule)

function assertNone(rule: string, faults: { file: string; fault: string }[]) {
  const open = faults.filter(f => !excused(f.file, rule))
  assert.deepEqual(
    open.map(f => `${f.file}: ${f.fault}`),
    [],
    `house rule broken: ${rule}`,
  )
}

test('rooms of the gateway open only the doors of the table', () => {
  const faults = sources.flatMap(source => {
    const room = roomOf(source.path)
    if (composition.test(source.path) || !room || !doors[room]) return []
    return source.imports
      .filter(i => i.target.startsWith(`${gateway}/`))
      .filter(i => {
        const other = roomOf(i.target)
        return other !== room && !(other && doors[room]?.includes(other))
      })
      .map(i => ({ file: source.path, fault: `imports ${i.target}` }))
  })
  assertNone('doors', faults)
})

test('every folder of the gateway is a room of the table', () => {
  const rooms = new Set(sources.map(s => roomOf(s.path)).filter(room => room !== undefined))
  for (const beside of ['cli', 'config']) rooms.delete(beside)
  assert.deepEqual([...rooms].sort(), Object.keys(doors).sort())
})

test('packages import only the packages of ours that the street allows', () => {
  const faults = sources.flatMap(source => {
    const allowed = streets[packageOf(source.path)] ?? []
    return source.imports
      .filter(
        i =>
          i.target.startsWith('@waxwing/') ||
          (i.target.startsWith('packages/') && packageOf(i.target) !== packageOf(source.path)),
      )
      .filter(
        i =>
          !composition.test(source.path) &&
          !allowed.some(a => i.target === a || i.target.startsWith(`${a}/`)),
      )
      .map(i => ({ file: source.path, fault: `imports ${i.target}` }))
  })
  assertNone('street', faults)
})

test('the events package depends on zod only, and its face on no runtime', () => {
  const faults = sources
    .filter(s => packageOf(s.path) === 'events')
    .flatMap(source =>
      source.imports
        .filter(i => !i.target.startsWith('packages/') && i.target !== 'zod')
        .filter(i => !(source.path === 'packages/events/src/event-id.ts' && i.target.startsWith('node:')))
        .map(i => ({ file: source.path, fault: `imports ${i.target}` })),
    )
  assertNone('events', faults)
})

test('an inner folder is private to its room', () => {
  const innerOf = (path: string) => path.match(/^packages\/gateway\/src\/([^/]+)\/([^/]+)\//)
  const faults = sources.flatMap(source =>
    source.imports
      .filter(i => innerOf(i.target) && roomOf(i.target) !== roomOf(source.path))
      .map(i => ({ file: source.path, fault: `reaches into ${i.target}` })),
  )
  assertNone('inner folders', faults)
})

test('a foreign language is spoken in its own room only', () => {
  const faults = sources.flatMap(source =>
    borders
      .filter(border => border.pattern.test(source.text) && !border.only.test(source.path))
      .map(border => ({ file: source.path, fault: `speaks ${border.says}` })),
  )
  assertNone('borders', faults)
})

test('only the published face of a package is an index', () => {
  const faults = sources
    .filter(s => /\/index\.tsx?$/.test(s.path) && !/^packages\/[^/]+\/src\/index\.ts$/.test(s.path))
    .map(s => ({ file: s.path, fault: 'is a barrel' }))
  assertNone('barrels', faults)
})

test('no drawer is called utils, helpers, common, misc, shared, types or constants', () => {
  const drawer = /\/(utils?|helpers?|common|misc|shared|lib|types|interfaces|constants)(\/|\.tsx?$)/
  const faults = sources.filter(s => drawer.test(s.path)).map(s => ({ file: s.path, fault: 'is a drawer' }))
  assertNone('drawers', faults)
})

test('what is made for tests is imported by tests only', () => {
  const faults = sources.flatMap(source =>
    source.imports
      .filter(i => i.target.startsWith('packages/') && isTest(i.target))
      .map(i => ({ file: source.path, fault: `imports ${i.target}` })),
  )
  assertNone('test support', faults)
})

test('value imports form no cycle', () => {
  const graph = new Map(sources.map(s => [s.path, s.imports.filter(i => !i.typeOnly).map(i => i.target)]))
  const state = new Map<string, 'open' | 'done'>()
  const cycles: string[] = []
  const walk = (path: string, trail: string[]) => {
    if (state.get(path) === 'open') cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
    if (state.has(path) || !graph.has(path)) return
    state.set(path, 'open')
    for (const target of graph.get(path) ?? []) walk(target, [...trail, path])
    state.set(path, 'done')
  }
  for (const path of graph.keys()) walk(path, [])
  assert.deepEqual(cycles, [])
})

test('every exception still excuses something', () => {
  const known = new Set(sources.map(s => s.path))
  assert.deepEqual(
    exceptions.filter(e => !known.has(e.file)),
    [],
  )
})
