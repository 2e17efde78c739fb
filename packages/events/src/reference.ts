import { catalog, categories, definitionOf, type EventType } from './catalog.ts'
import { exampleEnvelope, jsonSchemaOf } from './json-schema.ts'

/** The part of JSON Schema that our schemas use. */
type Schema = {
  $ref?: string
  $defs?: Record<string, Schema>
  type?: string
  format?: string
  const?: unknown
  enum?: unknown[]
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
}

/** The page `docs/reference/events.md`, made of the catalog and nothing else: the same catalog, the same text. */
export function renderEventsReference(): string {
  return `${[intro, contents(), ...categories.flatMap(category => category.types.map(section)), shapes()].join('\n\n')}\n`
}

const intro = `# Events

Every webhook request carries one event as JSON: the envelope, and in it the \`data\` of its type.

| field | | |
|---|---|---|
| \`id\` | text | UUIDv7. The same fact always has the same id: deduplicate on it. |
| \`type\` | text | One of the types below. |
| \`timestamp\` | time | When it happened. |
| \`sessionId\` | text or null | The linked number it belongs to. |
| \`data\` | object | What happened, as described for each type. |

A webhook subscribes to exact names (\`messages.received\`), families (\`messages.*\`) or everything (\`*\`).
Fields called \`timestamp\` in \`data\` are unix seconds, as WhatsApp counts; fields ending in \`At\` are ISO 8601.
A field marked *optional* is left out when there is nothing to say. New fields and new types may be added; those that are here stay.`

function contents(): string {
  const rows = catalog.map(row => {
    const name = row.default ? `**${link(row.type)}** (default)` : link(row.type)
    return `| ${name} | ${row.category} | ${row.title} |`
  })
  return ['| type | category | |', '|---|---|---|', ...rows].join('\n')
}

function section(type: EventType): string {
  const { title, description, since, samples } = definitionOf(type)
  const data = (jsonSchemaOf(type) as Schema).properties?.data ?? {}
  const [first, ...others] = Object.entries<unknown>(samples)
  return [
    `## \`${type}\``,
    `**${title}.** ${description}`,
    `Since ${since}.`,
    shape(data),
    first ? sample(first[0], exampleEnvelope(type, first[1])) : '',
    others.length > 0 ? more(others.map(([variant, example]) => sample(variant, example))) : '',
  ]
    .filter(part => part !== '')
    .join('\n\n')
}

function more(samples: string[]): string {
  return `<details><summary>The \`data\` of ${samples.length} more</summary>\n\n${samples.join('\n\n')}\n\n</details>`
}

function sample(variant: string, example: unknown): string {
  return `*${variant}*\n\n\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``
}

/** The named shapes that the types share, once each, in alphabetical order. */
function shapes(): string {
  const all = catalog.flatMap(row => Object.entries((jsonSchemaOf(row.type) as Schema).$defs ?? {}))
  const byName = new Map(all.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)))
  const sections = [...byName].map(([name, schema]) =>
    [`### ${name}`, schema.description ?? '', shape(schema)].filter(part => part !== '').join('\n\n'),
  )
  return ['## Shapes', ...sections].join('\n\n')
}

/** A shape in full: a link, the parts it is put together from, the variants it can take, or its fields. */
function shape(schema: Schema): string {
  if (schema.$ref) return `The data is a ${kind(schema)}.`
  if (schema.allOf)
    return schema.allOf.map(part => (part.$ref ? `All fields of ${kind(part)}.` : shape(part))).join('\n\n')
  if (schema.oneOf) return table(['type', 'further fields'], schema.oneOf.map(variant))
  return table(['field', 'is', ''], fields(schema, ''))
}

function variant(schema: Schema): string[] {
  const { type, ...rest } = schema.properties ?? {}
  const further = fields({ ...schema, properties: rest }, '').map(([name, is, text]) =>
    [name, is, text].filter(Boolean).join(' '),
  )
  return [kind(type ?? {}), further.join('<br>')]
}

/** One row a field; the fields of nameless objects follow their parent with its path before them. */
function fields(schema: Schema, path: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const optional = schema.required?.includes(name) ? '' : ', optional'
    const row = [`\`${path}${name}\``, kind(field) + optional, field.description ?? '']
    const inner = field.items ?? field
    return [row, ...fields(inner, `${path}${name}${field.items ? '[]' : ''}.`)]
  })
}

function kind(schema: Schema): string {
  if (schema.$ref) return link(schema.$ref.slice('#/$defs/'.length))
  if (schema.anyOf) return schema.anyOf.map(kind).join(' or ')
  if (schema.items) return `list of ${kind(schema.items)}`
  if (schema.enum) return schema.enum.map(value => `\`${value}\``).join(' ')
  if (schema.const !== undefined) return `\`${schema.const}\``
  if (schema.format === 'date-time') return 'time'
  return { string: 'text', integer: 'whole number' }[schema.type ?? ''] ?? schema.type ?? 'anything'
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Link to the heading of a type or shape on this page, as GitHub and GitLab name it. */
function link(name: string): string {
  const text = name.includes('.') || name === 'call' ? `\`${name}\`` : name
  return `[${text}](#${name.toLowerCase().replaceAll('.', '')})`
}
