import assert from 'node:assert/strict'
import { test } from 'node:test'
import { feedConformance } from './feed-conformance.ts'
import { createMemoryFeed } from './memory-feed.ts'

feedConformance('memory', async () => createMemoryFeed())

test('nothing is made while nobody listens to the profile', async () => {
  const feed = createMemoryFeed()
  const never = () => assert.fail('made for nobody')
  feed.tell('ann', never)
  const listening = await feed.listen('bob', () => {})
  feed.tell('ann', never)
  listening.stop()
  feed.tell('bob', never)
})
