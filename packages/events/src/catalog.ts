import type { z } from 'zod'
import { callEvents } from './catalog/calls.ts'
import { chatEvents } from './catalog/chats.ts'
import { contactEvents } from './catalog/contacts.ts'
import type { CategoryName } from './catalog/define.ts'
import { groupEvents } from './catalog/groups.ts'
import { messageEvents } from './catalog/messages.ts'
import { pollEvents } from './catalog/polls.ts'
import { sessionEvents } from './catalog/sessions.ts'
import { webhookEvents } from './catalog/webhooks.ts'

/** Every event there is. A row gives the type, the schema, the sample, the docs and the dashboard’s checklist. */
export const catalog = [
  ...messageEvents,
  ...sessionEvents,
  ...chatEvents,
  ...groupEvents,
  ...contactEvents,
  ...pollEvents,
  ...callEvents,
  ...webhookEvents,
] as const

type Row = (typeof catalog)[number]

/** The name of an event, for example `'messages.received'`. */
export type EventType = Row['type']

/** The row of an event. */
export type DefinitionOf<T extends EventType> = Extract<Row, { readonly type: T }>

/** What the envelope of an event carries as `data`. */
export type EventData<T extends EventType> = z.output<DefinitionOf<T>['data']>

const rows = new Map<string, Row>(catalog.map(row => [row.type, row]))

/** Whether a string names an event of this version’s catalog. */
export function isEventType(name: string): name is EventType {
  return rows.has(name)
}

/** The catalog row of a type. */
export function definitionOf<T extends EventType>(type: T): DefinitionOf<T> {
  const row = rows.get(type)
  if (row === undefined) throw new TypeError(`no such event type: ${type}`)
  return row as DefinitionOf<T>
}

/** What a new webhook subscribes to unless told otherwise. */
export const defaultSubscription: readonly EventType[] = catalog
  .filter(row => row.default === true)
  .map(row => row.type)

const titles: Readonly<Record<CategoryName, string>> = {
  messages: 'Messages',
  sessions: 'Sessions',
  chats: 'Chats',
  groups: 'Groups',
  contacts: 'Contacts',
  polls: 'Polls',
  calls: 'Calls',
  webhooks: 'Webhooks',
}

/** A shelf of the catalog, for checklists. */
export type Category = {
  readonly name: CategoryName
  readonly title: string
  readonly types: readonly EventType[]
}

/** The shelves in the order in which people read them; every type stands on exactly one. */
export const categories: readonly Category[] = Object.entries(titles).map(([name, title]) => ({
  name: name as CategoryName,
  title,
  types: catalog.filter(row => row.category === name).map(row => row.type),
}))
