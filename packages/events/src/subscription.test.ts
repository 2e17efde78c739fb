import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { catalog, checkSubscription, matches } from './index.ts'

const types = catalog.map(row => row.type)
const type = fc.constantFrom(...types)

function detailOf(pattern: string): string {
  const checked = checkSubscription([pattern])
  return checked.ok ? '' : (checked.problems[0]?.detail ?? '')
}

test('an exact name wants its own type and no other', () => {
  fc.assert(fc.property(type, type, (one, other) => matches([one], other) === (one === other)))
})

test('a star wants everything, an empty subscription nothing', () => {
  for (const name of types) {
    assert.equal(matches(['*'], name), true)
    assert.equal(matches([], name), false)
  }
})

test('a family wants the names that begin with it and a dot', () => {
  assert.deepEqual(
    types.filter(name => matches(['messages.*'], name)),
    [
      'messages.received',
      'messages.upsert',
      'messages.update',
      'messages.edited',
      'messages.delete',
      'messages.reaction',
    ],
  )
  assert.deepEqual(
    types.filter(name => matches(['message.*'], name)),
    ['message.sent', 'message.failed', 'message.waiting'],
  )
  assert.equal(matches(['call.*'], 'call'), false)
})

test('a subscription wants what any of its parts wants', () => {
  const pattern = fc.oneof(type, fc.constantFrom('*', 'messages.*', 'groups.*', 'webhook.*'))
  fc.assert(
    fc.property(fc.array(pattern), fc.array(pattern), type, (one, other, name) => {
      assert.equal(matches([...one, ...other], name), matches(one, name) || matches(other, name))
    }),
  )
})

test('every subscription that is accepted wants something, and is kept as it was written, once', () => {
  const pattern = fc.oneof(
    type,
    type.map(name => `${name.split('.')[0]}.*`),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(pattern), input => {
      const checked = checkSubscription(input)
      if (!checked.ok) return
      assert.deepEqual(checked.patterns, [...new Set(input)])
      for (const accepted of checked.patterns)
        assert.ok(
          types.some(name => matches([accepted], name)),
          accepted,
        )
    }),
  )
})

test('a name that is not in the catalog is refused where it stands, with the nearest one', () => {
  assert.deepEqual(checkSubscription(['call', 'messages.recieved', '*', 'messages-*']), {
    ok: false,
    problems: [
      { index: 1, detail: 'There is no event "messages.recieved". Did you mean "messages.received"?' },
      { index: 3, detail: 'There is no event "messages-*". Did you mean "messages.*"?' },
    ],
  })
  for (const [wrong, right] of [
    ['message.received', 'messages.received'],
    ['Messages.Received', 'messages.received'],
    ['MESSAGES_UPSERT', 'messages.upsert'],
    ['GROUP_UPDATE', 'groups.update'],
    ['qr', 'qrcode.*'],
    ['calls', 'call'],
    ['poll.vote', 'poll.results'],
    ['labels.edit ', 'labels.edit'],
  ] as const) {
    assert.ok(detailOf(wrong).endsWith(`Did you mean "${right}"?`), detailOf(wrong))
  }
})

test('a name with one letter missing or doubled is told what it was meant to be', () => {
  for (const name of types) {
    for (let at = 0; at < name.length; at++) {
      for (const wrong of [name.slice(0, at) + name.slice(at + 1), name.slice(0, at + 1) + name.slice(at)]) {
        if (!types.some(other => other === wrong))
          assert.ok(detailOf(wrong).endsWith(`"${name}"?`), detailOf(wrong))
      }
    }
  }
})

test('nonsense of any length is refused with a short sentence and no guess', () => {
  assert.equal(detailOf('%%%'), 'There is no event "%%%". The catalog lists all names.')
  assert.ok(detailOf('x'.repeat(1e6)).length < 200)
  assert.equal(checkSubscription(['']).ok, false)
})
