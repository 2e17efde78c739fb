import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { startTestApi, type TestApi } from './test-api.ts'

type Media = { schema: object; example?: unknown }
type Body = { content?: Record<string, Media> }
type Operation = { operationId: string; requestBody?: Body; responses: Record<string, Body> }
type Document = {
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<
    string,
    { post: { requestBody: { content: Record<string, { schema: { examples?: unknown[] } }> } } }
  >
  components: { schemas: object }
}

let api: TestApi
let document: Document
let operations: { route: string; operation: Operation }[]
before(async () => {
  api = await startTestApi()
  document = (await api.call('GET //openapi.json')).json
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  )
})
after(() => api.stop())

const jsonOf = (body: Body | undefined) => body?.content?.['application/json']

test('every operation with a body has an example of it that its schema takes', () => {
  let checked = 0
  for (const { route, operation } of operations) {
    const answers = Object.entries(operation.responses).filter(([status]) => status < '400')
    for (const [status, { content = {} }] of answers)
      assert.ok(
        Object.keys(content).length === 0 ||
          Object.values(content).some(media => media.example !== undefined),
        `${route} has no example of ${status}`,
      )
    for (const media of [jsonOf(operation.requestBody), ...answers.map(([, answer]) => jsonOf(answer))]) {
      if (media === undefined) continue
      checked++
      assert.notEqual(media.example, undefined, `${route} has no example`)
      const result = schemaOf(media.schema).safeParse(media.example)
      assert.ok(result.success, `${route}: ${result.error?.message} in ${JSON.stringify(media.example)}`)
    }
  }
  assert.ok(checked > 60, `only ${checked} bodies`)
})

test('the example of every request is one that the API understands', async () => {
  const nobody = '019ab0b7-5c00-7d4e-9f00-112233445566'
  let asked = 0
  for (const { route, operation } of operations) {
    const media = jsonOf(operation.requestBody)
    if (media === undefined) continue
    asked++
    const path = route
      .replace('/api/v1', '')
      .replace('{number}', '15550101')
      .replaceAll(/\{\w+\}/g, nobody) as 'POST /'
    const { status, text, json } = await api.call(path, { body: media.example })
    assert.notEqual(
      json?.code,
      'validation_failed',
      `${route} with ${JSON.stringify(media.example)}: ${text}`,
    )
    assert.ok(status !== 400 && status < 500, `${route}: ${text}`)
  }
  assert.ok(asked > 10)
})

test('every event that webhooks receive has its samples', () => {
  for (const [type, { post }] of Object.entries(document.webhooks))
    assert.ok(post.requestBody.content['application/json']?.schema.examples?.length, type)
})

/** The schema with what it refers to, as zod reads it. */
function schemaOf(schema: object): z.ZodType {
  const whole = JSON.stringify({ ...schema, $defs: document.components.schemas })
  return z.fromJSONSchema(JSON.parse(whole.replaceAll('#/components/schemas/', '#/$defs/')))
}
