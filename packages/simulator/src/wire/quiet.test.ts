import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { silenceLibsignal } from './quiet.ts'

test('nothing libsignal says reaches the console, and everything else does', () => {
  const printed: unknown[] = []
  const stock = { info: console.info, warn: console.warn, error: console.error, log: console.log }
  try {
    for (const method of ['info', 'warn', 'error', 'log'] as const)
      console[method] = (...args) => void printed.push(args[0])
    silenceLibsignal()
    for (const words of wordsOfLibsignal()) console.info(words, { privKey: 'secret' })
    assert.deepEqual(printed, [])
    console.info('Closing time')
    assert.deepEqual(printed, ['Closing time'])
  } finally {
    Object.assign(console, stock)
  }
})

/** The first words of every console call in the installed libsignal. */
function wordsOfLibsignal(): string[] {
  const folder = join(dirname(fileURLToPath(import.meta.resolve('libsignal'))), 'src')
  const sources = readdirSync(folder).filter(name => name.endsWith('.js'))
  const words = sources.flatMap(name => {
    const source = readFileSync(join(folder, name), 'utf8').replace(/^\s*\/\/.*$/gm, '')
    return [...source.matchAll(/console\.\w+\(\s*["'`]([^"'`]+)/g)].map(([, first]) => first ?? '')
  })
  assert.ok(
    words.length >= 10,
    `libsignal says only ${words.length} things: is this still where it says them?`,
  )
  return words
}
