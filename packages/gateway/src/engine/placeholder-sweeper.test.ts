import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { proto, type WAMessage } from 'baileys'
import { newFigures } from './figures.ts'
import { createPlaceholderSweeper } from './placeholder-sweeper.ts'

const key = (id: string) => ({ remoteJid: '15550101@s.whatsapp.net', fromMe: false, id })
const unreadable = (id: string): WAMessage => ({
  key: key(id),
  messageStubType: proto.WebMessageInfo.StubType.CIPHERTEXT,
  messageTimestamp: 1,
})
const readable = (id: string): WAMessage => ({ key: key(id), message: { conversation: 'hello' } })
const upsert = (...messages: WAMessage[]) => ({ 'messages.upsert': { messages, type: 'notify' as const } })

function open(t: { after(end: () => void): void }) {
  mock.timers.enable({ apis: ['setInterval', 'Date'] })
  const asked: string[] = []
  const figures = newFigures()
  let online = true
  const sweeper = createPlaceholderSweeper({
    ask: () => (online ? async ({ id }) => void asked.push(id ?? '') : null),
    figures,
    now: () => new Date(),
    patienceMs: 60_000,
    everyMs: 6_000,
  })
  t.after(() => {
    sweeper.stop()
    mock.timers.reset()
  })
  const minutes = (count: number) => {
    for (let step = 0; step < count * 10; step++) mock.timers.tick(6_000)
  }
  return { sweeper, asked, figures, minutes, goOffline: (away: boolean) => (online = !away) }
}

test('the phone is asked for a message whose content nobody has brought for a minute', t => {
  const { sweeper, asked, figures, minutes } = open(t)
  sweeper.hear(upsert(unreadable('a')))
  minutes(0.9)
  assert.deepEqual(asked, [])
  minutes(0.3)
  assert.deepEqual([asked, figures.undecryptable, figures.asked], [['a'], 1, 1])
})

test('a message that came after all is not asked for', t => {
  const { sweeper, asked, minutes } = open(t)
  sweeper.hear(upsert(unreadable('a'), unreadable('b')))
  sweeper.hear(upsert(readable('a')))
  minutes(1.5)
  assert.deepEqual(asked, ['b'])
})

test('many are asked for one by one, and each at most five times', t => {
  const { sweeper, asked, minutes } = open(t)
  const ids = Array.from({ length: 20 }, (_, index) => `m${index}`)
  sweeper.hear(upsert(...ids.map(unreadable)))
  minutes(2)
  assert.ok(asked.length <= 11, `${asked.length} in the first minute after the wait`)
  minutes(120)
  for (const id of ids) assert.equal(asked.filter(each => each === id).length, 5, id)
})

test('nobody is asked while there is no connection, and it is made up for later', t => {
  const { sweeper, asked, minutes, goOffline } = open(t)
  goOffline(true)
  sweeper.hear(upsert(unreadable('a')))
  minutes(10)
  assert.deepEqual(asked, [])
  goOffline(false)
  minutes(0.2)
  assert.deepEqual(asked, ['a'])
})
