import assert from 'node:assert/strict'
import { test } from 'node:test'
import { covers, switched } from './subscription.ts'

const all = ['messages.received', 'messages.update', 'chats.update', 'call']

test('a subscription covers what its names, families and star say', () => {
  assert.deepEqual(
    all.map(type => covers(['messages.*', 'call'], type)),
    [true, true, false, true],
  )
  assert.ok(all.every(type => covers(['*'], type)))
})

test('what is switched on is covered, and nothing else changes', () => {
  assert.deepEqual(switched(['call'], ['call', 'chats.update'], true, all), ['call', 'chats.update'])
  assert.deepEqual(switched(['messages.*'], ['messages.update'], true, all), ['messages.*'])
})

test('what is switched off is not covered, and the rest of its family still is', () => {
  assert.deepEqual(switched(['messages.*', 'call'], ['messages.update'], false, all), [
    'messages.received',
    'call',
  ])
  assert.deepEqual(switched(['*'], ['call'], false, all), [
    'messages.received',
    'messages.update',
    'chats.update',
  ])
  assert.deepEqual(switched(['call'], ['call'], false, all), [])
})
