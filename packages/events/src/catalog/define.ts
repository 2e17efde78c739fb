import type { z } from 'zod'

/** The shelves of the catalog, in the order in which people read them; titles stand in catalog.ts. */
export type CategoryName =
  | 'messages'
  | 'sessions'
  | 'chats'
  | 'groups'
  | 'contacts'
  | 'polls'
  | 'calls'
  | 'webhooks'

/** One row of the catalog: everything the types, schemas, docs, dashboard and Test button know about an event. */
export type EventDefinition<
  T extends string = string,
  S extends z.ZodType = z.ZodType,
  V extends string = string,
> = {
  /** The name a webhook subscribes to. Published: it never changes. */
  readonly type: T
  readonly category: CategoryName
  /** A few words, for a checklist. */
  readonly title: string
  /** When it fires, and what a receiver should know about that. */
  readonly description: string
  /** The version of this package that first had it. */
  readonly since: string
  /** Ticked when a webhook is created. */
  readonly default?: true
  /** The shape of the envelope's `data`. Strict: what it does not name is never sent. */
  readonly data: S
  /** At least one example for each variant of `data`, by the name of the variant. */
  readonly samples: Readonly<Record<V, z.output<S>>>
}

/** Writes a row; a sample that does not fit the row's schema does not compile. */
export function defineEvent<const T extends string, S extends z.ZodType, V extends string>(
  row: Omit<EventDefinition<T, S, V>, 'samples'> & {
    readonly samples: Readonly<Record<V, NoInfer<z.output<S>>>>
  },
): EventDefinition<T, S, V> {
  return row
}
