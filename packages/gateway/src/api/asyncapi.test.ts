import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog, definitionOf } from '@waxwing/events'
import { describeAsync } from './asyncapi.ts'

type Message = {
  name: string
  payload: { $ref?: string; properties: object }
  examples?: { payload: { type: string; data: unknown } }[]
}
type Channel = { address: string | null; messages: Record<string, Message> }
type Document = {
  asyncapi: string
  servers: { gateway: object }
  channels: { webhooks: Channel; live: Channel }
  operations: Record<string, { channel: { $ref: string }; messages: { $ref: string }[] }>
  components: { schemas: object }
}

const document = describeAsync({ version: '1.2.3', publicUrl: 'https://wa.example/gateway' }) as Document

test('the document is AsyncAPI 3 and the same every time it is drawn', () => {
  assert.equal(document.asyncapi, '3.0.0')
  assert.deepEqual(describeAsync({ version: '1.2.3', publicUrl: 'https://wa.example/gateway' }), document)
  assert.deepEqual(document.servers.gateway, { host: 'wa.example', protocol: 'https', pathname: '/gateway' })
})

test('every event of the catalog is a message of the webhooks, with a payload for each of its variants', () => {
  const { messages } = document.channels.webhooks
  assert.deepEqual(Object.keys(messages).sort(), catalog.map(row => row.type).sort())
  for (const { type } of catalog) {
    const shown = messages[type]?.examples?.map(({ payload }) => payload) ?? []
    assert.deepEqual(
      shown.map(({ data }) => data),
      Object.values(definitionOf(type).samples),
    )
    assert.ok(shown.every(payload => payload.type === type))
  }
})

test('the live stream has its four messages', () => {
  const { address, messages } = document.channels.live
  assert.equal(address, '/api/v1/live')
  assert.deepEqual(Object.keys(messages), ['event', 'delivery', 'session', 'dropped'])
  const schemas = document.components.schemas as Record<string, { properties: object }>
  for (const { payload } of Object.values(messages)) {
    const schema = payload.$ref ? schemas[payload.$ref.split('/').at(-1) ?? ''] : payload
    assert.ok(Object.keys(schema?.properties ?? {}).length > 3)
  }
})

test('every reference leads somewhere, and every operation names all messages of its channel', () => {
  for (const [, ref] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = (ref ?? '')
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document)
    assert.equal(typeof found, 'object', `#/${ref}`)
  }
  for (const { channel, messages } of Object.values(document.operations)) {
    const name = channel.$ref.split('/').at(-1) as 'webhooks' | 'live'
    assert.equal(messages.length, Object.keys(document.channels[name].messages).length)
  }
  assert.ok(Object.keys(document.components.schemas).length > 0)
})
