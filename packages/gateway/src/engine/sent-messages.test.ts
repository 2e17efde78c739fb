import './process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSentMessages } from './sent-messages.ts'

/** What the auth state does with key types of ours. */
function memory() {
  const rows = new Map<string, string>()
  let statements = 0
  return {
    rows,
    statements: () => statements,
    read: async (type: string, id: string) => rows.get(`${type} ${id}`),
    async write(keys: Record<string, Record<string, string | null>>) {
      statements++
      for (const [type, values] of Object.entries(keys))
        for (const [id, text] of Object.entries(values))
          if (text === null) rows.delete(`${type} ${id}`)
          else rows.set(`${type} ${id}`, text)
      return true
    },
  }
}

test('the last messages sent can be sent again after a restart, and only the last', async () => {
  const store = memory()
  const sent = createSentMessages(store)
  for (let index = 0; index < 300; index++)
    await sent.remember(`ID${index}`, { conversation: `text ${index}` })
  assert.equal(store.statements(), 300, 'one statement each')
  const restarted = createSentMessages(store)
  assert.equal((await restarted.get({ id: 'ID299' }))?.conversation, 'text 299')
  assert.equal(await restarted.get({ id: 'ID0' }), undefined)
  await restarted.remember('NEW', { conversation: 'one more' })
  assert.equal(store.rows.size, 256 + 1)
})
