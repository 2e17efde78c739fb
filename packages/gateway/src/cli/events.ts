import { catalog, categories, definitionOf, type EventDefinition } from '@waxwing/events'
import type { Ending, Voice } from './verb.ts'

/** One row a type; `--json` leaves the schemas to docs/reference and GET /events/catalog. */
export async function events(voice: Voice): Promise<Ending> {
  for (const row of catalog) voice.tell(publicFace(row))
  voice.say(renderCatalog())
  return { ok: true }
}

function publicFace(row: EventDefinition): object {
  const { type, category, title, description, since } = row
  return { type, category, title, description, since, default: row.default === true }
}

function renderCatalog(): string {
  const width = Math.max(...catalog.map(row => row.type.length))
  const families = categories.map(({ title, types }) => {
    const rows = types.map(type => {
      const row: EventDefinition = definitionOf(type)
      return `  ${type.padEnd(width)}  ${row.title}${row.default ? ' (on by default)' : ''}`
    })
    return [title, ...rows].join('\n')
  })
  return [...families, `${catalog.length} types. Schemas and samples: docs/reference/events.md`].join('\n\n')
}
