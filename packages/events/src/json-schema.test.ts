import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { catalog, type EventType, jsonSchemaOf } from './index.ts'

type Schema = {
  description?: string
  $ref?: string
  $defs?: Record<string, Schema>
  items?: Schema
  const?: unknown
  properties?: Record<string, Schema>
  oneOf?: Schema[]
  allOf?: Schema[]
  examples?: { type?: string; data?: object }[]
}

const types: readonly EventType[] = catalog.map(row => row.type)

/** Paths of the fields below a schema that nobody has described. */
function undescribed(schema: Schema, path: string): string[] {
  const fields = Object.entries(schema.properties ?? {}).filter(
    ([name]) => name !== 'data' || path.includes('/'),
  )
  const parts = [...(schema.oneOf ?? []), ...(schema.allOf ?? []), ...(schema.items ? [schema.items] : [])]
  const named = Object.entries(schema.$defs ?? {})
  return [
    ...[...fields, ...named]
      .filter(
        ([, field]) => !field.description && !field.$ref && !field.items?.$ref && field.const === undefined,
      )
      .map(([name]) => `${path}/${name}`),
    ...[...Object.entries(schema.properties ?? {}), ...named].flatMap(([name, field]) =>
      undescribed(field, `${path}/${name}`),
    ),
    ...parts.flatMap(part => undescribed(part, path)),
  ]
}

test('every type has a schema of 2020-12 for the whole envelope, with an example of each variant', () => {
  for (const row of catalog) {
    const schema: Schema & { $schema?: string; title?: string } = jsonSchemaOf(row.type)
    assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema')
    assert.deepEqual([schema.title, schema.description], [row.title, row.description])
    assert.deepEqual(Object.keys(schema.properties ?? {}), ['id', 'type', 'timestamp', 'sessionId', 'data'])
    assert.deepEqual(
      schema.examples?.map(example => example.data),
      Object.values(row.samples),
    )
  }
})

test('every field and every shape is described', () => {
  for (const type of types) assert.deepEqual(undescribed(jsonSchemaOf(type), type), [])
})

test('the schema accepts its examples and refuses those with a field missing or of another type', () => {
  for (const type of types) {
    const schema = jsonSchemaOf(type)
    const reader = z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema)
    const { examples = [] }: Schema = schema
    for (const example of examples) {
      assert.ok(reader.safeParse(example).success, type)
      assert.ok(!reader.safeParse({ ...example, type: 'other' }).success, type)
      assert.ok(!reader.safeParse({ ...example, data: {} }).success, type)
    }
  }
})

test('a receiver that validates does not break when a field is added', () => {
  assert.doesNotMatch(JSON.stringify(types.map(jsonSchemaOf)), /additionalProperties/)
})
