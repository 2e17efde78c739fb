import './process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPresenceWatch } from './presence-watch.ts'

const ann = '15550101@s.whatsapp.net'
const group = '120363000000000001@g.us'
const wrote = (remoteJid: string, fromMe = false) => ({
  'messages.upsert': { messages: [{ key: { remoteJid, fromMe, id: 'A' } }], type: 'notify' as const },
})

test('a chat is watched once in each connection, when somebody writes in it and the account is kept online', () => {
  const asked: string[] = []
  let online = false
  const watch = createPresenceWatch(
    jid => asked.push(jid),
    () => online,
  )
  watch.hear(wrote(ann))
  assert.deepEqual(asked, [])
  online = true
  for (const events of [wrote(ann), wrote(ann), wrote(group), wrote('15550102@s.whatsapp.net', true)])
    watch.hear(events)
  for (const nobody of ['status@broadcast', '120363000000000002@newsletter']) watch.hear(wrote(nobody))
  assert.deepEqual(asked, [ann, group])
  watch.hear({ 'connection.update': { connection: 'close' } })
  watch.hear(wrote(ann))
  assert.deepEqual(asked, [ann, group, ann])
})

test('there is an end to how many chats one connection watches', () => {
  let asked = 0
  const watch = createPresenceWatch(
    () => asked++,
    () => true,
  )
  for (let index = 0; index < 1_000; index++) watch.hear(wrote(`${15_550_000_000 + index}@s.whatsapp.net`))
  assert.equal(asked, 500)
})
