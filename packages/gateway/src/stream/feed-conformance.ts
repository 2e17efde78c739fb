import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Feed, FeedItem } from './feed.ts'

/** The laws every feed keeps, whatever carries it. `create` makes a fresh one; each test closes its own. */
export function feedConformance(name: string, create: () => Promise<Feed>): void {
  const withFeed = (law: string, body: (feed: Feed) => Promise<void>) =>
    test(law, async () => {
      const feed = await create()
      try {
        await body(feed)
      } finally {
        await feed.close()
      }
    })

  describe(`feed (${name})`, () => {
    withFeed('what is told is heard once, in order, with every field', async feed => {
      const heard: FeedItem[] = []
      await feed.listen('ann', items => heard.push(...items))
      const told = Array.from({ length: 300 }, (_, n) => item('ann', n))
      for (const one of told) feed.tell('ann', () => one)
      await until(() => heard.length >= told.length)
      assert.deepEqual(heard, told)
    })

    withFeed('every listener hears everything', async feed => {
      const heard: FeedItem[][] = [[], []]
      for (const own of heard) await feed.listen('ann', items => own.push(...items))
      for (let n = 0; n < 20; n++) feed.tell('ann', () => item('ann', n))
      await until(() => heard.every(own => own.length === 20))
      assert.deepEqual(heard[0], heard[1])
    })

    withFeed('a listener hears its own profile only', async feed => {
      const heard: FeedItem[] = []
      await feed.listen('ann', items => heard.push(...items))
      for (let n = 0; n < 10; n++)
        feed.tell(n % 2 === 0 ? 'ann' : 'bob', () => item(n % 2 === 0 ? 'ann' : 'bob', n))
      feed.tell('ann', () => item('ann', 99))
      await until(() => heard.length === 6)
      assert.ok(heard.every(({ profileId }) => profileId === 'ann'))
    })

    withFeed('telling never calls a listener before it returns', async feed => {
      let telling = false
      let heard = 0
      await feed.listen('ann', items => {
        assert.equal(telling, false)
        heard += items.length
      })
      telling = true
      feed.tell('ann', () => item('ann', 1))
      telling = false
      await until(() => heard === 1)
    })

    withFeed('what was told before is not heard, and a stopped listener hears nothing more', async feed => {
      feed.tell('ann', () => item('ann', 1))
      const first: FeedItem[] = []
      const second: FeedItem[] = []
      const listening = await feed.listen('ann', items => first.push(...items))
      await feed.listen('ann', items => second.push(...items))
      feed.tell('ann', () => item('ann', 2))
      await until(() => first.length === 1 && second.length === 1)
      listening.stop()
      listening.stop()
      feed.tell('ann', () => item('ann', 3))
      await until(() => second.length === 2)
      assert.deepEqual(first, [item('ann', 2)])
    })

    withFeed('a listener that throws takes nothing from the others', async feed => {
      const heard: FeedItem[] = []
      await feed.listen('ann', () => {
        throw new Error('a bug of this listener')
      })
      await feed.listen('ann', items => heard.push(...items))
      feed.tell('ann', () => item('ann', 1))
      feed.tell('ann', () => item('ann', 2))
      await until(() => heard.length === 2)
    })

    withFeed('telling a closed feed is harmless', async feed => {
      let heard = 0
      await feed.listen('ann', items => {
        heard += items.length
      })
      await feed.close()
      feed.tell('ann', () => item('ann', 1))
      await pause(20)
      assert.equal(heard, 0)
    })
  })
}

function item(profileId: string, n: number): FeedItem {
  return {
    kind: 'event',
    profileId,
    sessionId: n % 2 === 0 ? null : `session-${n}`,
    id: `event-${n}`,
    type: 'messages.received',
    committedAt: new Date(1_750_000_000_000 + n).toISOString(),
    body: JSON.stringify({ n, text: 'grüße 👋' }),
  }
}

/** Waits for something another task will do; fails after 5 s rather than hang. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !condition(); i++) await pause(5)
  assert.ok(condition(), 'gave up waiting')
}
