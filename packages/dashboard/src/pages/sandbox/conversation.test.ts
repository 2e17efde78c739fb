import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../../operations.ts'
import { conversation } from './conversation.ts'

const ada = '15550111'
let clock = 0
const event = (type: string, data: object): Event => ({
  id: `0199-${++clock}`,
  type,
  session_id: null,
  timestamp: new Date(clock * 1_000).toISOString(),
  committed_at: new Date(clock * 1_000).toISOString(),
  payload: { data: { from: `${ada}@s.whatsapp.net`, participant: { phone: `+${ada}` }, ...data } },
})

const hello = event('messages.received', { messageId: 'A', body: 'Hello', type: 'text', pushName: 'Ada' })
const answer = event('message.sent', { messageId: 'B', body: 'Hi', type: 'text' })
const one = (events: Event[], id = 'A') => conversation(events, ada).find(said => said.id === id)

test('a conversation is in the order of its times, however its events came', () => {
  const said = conversation([answer, hello], ada)
  assert.deepEqual(
    said.map(({ text, mine, by }) => [text, mine, by]),
    [
      ['Hello', false, ada],
      ['Hi', true, ada],
    ],
  )
  assert.deepEqual(conversation([hello], '15550112'), [])
})

test('what was edited, deleted and read shows as it is now', () => {
  const edited = event('messages.edited', { messageId: 'A', body: 'Good day' })
  const read = event('messages.update', { messageId: 'B', status: 'read' })
  const deleted = event('messages.delete', { messageId: 'B', scope: 'everyone' })
  assert.deepEqual([one([hello, edited])?.text, one([hello, edited])?.edited], ['Good day', true])
  assert.equal(one([answer, read], 'B')?.state, 'read')
  assert.equal(one([answer, deleted], 'B')?.deleted, true)
})

test('a person has one reaction, the last one, until it is taken back', () => {
  const react = (emoji: string) =>
    event('messages.reaction', { messageId: 'A', emoji, removed: emoji === '' })
  assert.deepEqual(one([hello, react('👍'), react('❤️')])?.reactions, ['❤️'])
  assert.deepEqual(one([hello, react('👍'), react('')])?.reactions, [])
})

test('a poll counts as the last result says', () => {
  const poll = event('message.sent', { messageId: 'P', type: 'poll', poll: { options: ['Blue', 'Green'] } })
  const votes = event('poll.results', {
    messageId: 'P',
    options: [
      { name: 'Blue', votes: 2 },
      { name: 'Green', votes: 0 },
    ],
  })
  assert.deepEqual(
    one([poll], 'P')?.poll?.options.map(({ votes }) => votes),
    [0, 0],
  )
  assert.deepEqual(
    one([poll, votes], 'P')?.poll?.options.map(({ votes }) => votes),
    [2, 0],
  )
})
