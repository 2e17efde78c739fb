import { catalog, categories, definitionOf, type EventDefinition } from '@waxwing/events'
import type { Command } from 'commander'
import { verb } from './verb.ts'

export function addEvents(program: Command): void {
  const command = program.command('events').description('print the catalog of event types')
  verb(command, async voice => {
    for (const row of catalog) voice.tell(publicFace(row))
    voice.say(renderCatalog())
    return { ok: true }
  })
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
