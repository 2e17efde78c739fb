import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { commandsConformance } from './commands-conformance.ts'
import { createMemoryCommands } from './memory-commands.ts'

const log = pino({ level: 'silent' })

commandsConformance('memory', async () => ({
  commands: createMemoryCommands({ log }),
  close: async () => {},
}))

test('a second engine in the same process is refused: commands would reach only one of them', () => {
  const commands = createMemoryCommands({ log })
  const handlers = {} as Parameters<typeof commands.serve>[0]
  commands.serve(handlers)
  assert.throws(() => commands.serve(handlers), /served already/)
})
