/** From what the generators say to what a reader wants: no noise, no unused schemas, every reference at home. */

type Document = { components?: { schemas?: Record<string, unknown> }; paths?: unknown; webhooks?: unknown }

/** What @fastify/swagger calls a response that has no description of its own. */
const UNDESCRIBED = 'Default Response'

/** `definitions` replace components of the same name: the catalog's own JSON Schemas are open to fields of later versions. */
export function tidy<T extends object>(document: T, definitions: Record<string, unknown>): T {
  const { components = {}, ...rest } = JSON.parse(JSON.stringify(document), quiet) as Document
  const all = { ...components.schemas, ...JSON.parse(JSON.stringify(definitions), quiet) }
  return { ...rest, components: { ...components, schemas: reachable(rest, all) } } as unknown as T
}

function quiet(key: string, value: unknown): unknown {
  if (key === '$ref' && typeof value === 'string') return value.replace('#/$defs/', '#/components/schemas/')
  if (key === 'description' && value === UNDESCRIBED) return 'Done.'
  if (typeof value !== 'object' || value === null) return value
  const schema = value as { format?: unknown; pattern?: unknown; minimum?: unknown; maximum?: unknown }
  // The format says it; zod adds 200 characters of pattern, and to every integer the bounds of doubles.
  if (typeof schema.format === 'string') delete schema.pattern
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  return value
}

/** The schemas that `root` refers to, directly or through others: the registry holds an input twin of each. */
function reachable(root: unknown, all: Record<string, unknown>): Record<string, unknown> {
  const names = referredBy(root)
  for (const name of names) for (const next of referredBy(all[name])) names.add(next)
  return Object.fromEntries([...names].sort().map(name => [name, all[name]]))
}

function referredBy(value: unknown): Set<string> {
  const text = JSON.stringify(value ?? null)
  return new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? ''))
}
