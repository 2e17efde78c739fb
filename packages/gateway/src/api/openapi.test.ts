import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog } from '@waxwing/events'
import { describeApi } from './describe.ts'
import { problems } from './problem.ts'
import { routeless } from './problem-checks.ts'

type Response = {
  description: string
  content?: Record<string, { schema?: unknown }>
  headers?: Record<string, { $ref: string }>
}
type Operation = {
  security?: object[]
  'x-required-scope'?: string
  operationId: string
  summary: string
  tags: string[]
  responses: Record<string, Response>
}
type Document = {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<
    string,
    { post: Operation & { requestBody: { content: Record<string, { schema: unknown }> } } }
  >
  components: { schemas: Record<string, unknown>; headers: object }
  tags: { name: string }[]
}

const document = (await describeApi({ version: '1.2.3' })) as Document
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    route: `${method.toUpperCase()} ${path}`,
    operation,
  })),
)

test('the document is OpenAPI 3.1 and the same every time it is drawn', async () => {
  assert.equal(document.openapi, '3.1.0')
  assert.deepEqual(await describeApi({ version: '1.2.3' }), document)
})

test('every answer that counts requests says so, and every header is described', () => {
  const used = new Set<string>()
  for (const { operation } of operations)
    for (const [status, { headers = {} }] of Object.entries(operation.responses)) {
      for (const { $ref } of Object.values(headers)) used.add($ref.split('/').at(-1) ?? '')
      if (operation['x-required-scope'] && status.startsWith('2')) assert.ok(headers.RateLimit)
      if (operation['x-required-scope'] && status === '429') assert.ok(headers['Retry-After'])
    }
  assert.deepEqual([...used].sort(), Object.keys(document.components.headers).sort())
})

test('every reference resolves, and every component is referred to', () => {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)]
    .map(([, ref]) => ref ?? '')
    .filter(ref => !ref.startsWith('#/components/headers/'))
  const named = new Set(refs.map(ref => /^#\/components\/schemas\/(.+)$/.exec(ref)?.[1] ?? ref))
  assert.deepEqual([...named].sort(), Object.keys(document.components.schemas).sort())
})

test('every operation has a name of its own, a summary and a known tag', () => {
  const ids = operations.map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  const tags = document.tags.map(tag => tag.name)
  for (const { route, operation } of operations) {
    assert.ok(operation.operationId && operation.summary, route)
    assert.ok(operation.tags.every(tag => tags.includes(tag)) && operation.tags.length === 1, route)
  }
})

test('every route says what it answers and how it refuses', () => {
  for (const { route, operation } of operations) {
    const statuses = Object.keys(operation.responses)
    assert.ok(
      statuses.some(status => status.startsWith('2')),
      `${route} says what it answers`,
    )
    const refusals = Object.entries(operation.responses).filter(
      ([, r]) => r.content?.['application/problem+json'],
    )
    assert.ok(refusals.length > 0, `${route} says how it refuses`)
    if (route.includes('/api/v1/'))
      for (const status of [...(operation.security?.length === 0 ? [] : ['401']), '422', '500'])
        assert.ok(statuses.includes(status), route)
    if (route.includes('{id}')) assert.ok(statuses.includes('404'), route)
    for (const [status, refusal] of refusals) {
      const codes = [...refusal.description.matchAll(/`(\w+)`:/g)].map(([, code]) => code)
      assert.ok(codes.length > 0)
      for (const code of codes) assert.equal(problems[code as keyof typeof problems].status, Number(status))
    }
  }
})

test('every problem of the table is told by some route, or belongs to none', () => {
  const told = new Set([...JSON.stringify(document.paths).matchAll(/`(\w+)`:/g)].map(([, code]) => code))
  assert.deepEqual([...told, ...routeless].sort(), Object.keys(problems).sort())
})

test('the webhooks section has every event of the catalog with the schema of its body', () => {
  assert.deepEqual(Object.keys(document.webhooks).sort(), catalog.map(row => row.type).sort())
  for (const { post } of Object.values(document.webhooks)) {
    assert.ok(post.requestBody.content['application/json']?.schema)
    assert.ok(post.responses['2XX'])
  }
})
