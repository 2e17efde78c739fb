import { catalog, type EventType } from './catalog.ts'

const types: readonly string[] = catalog.map(row => row.type)
const families = [...new Set(types.filter(type => type.includes('.')).map(familyOf))]
const known = new Set(['*', ...families, ...types])

/** `messages.received` -> `messages.*` */
function familyOf(type: string): string {
  return `${type.slice(0, type.indexOf('.'))}.*`
}

/** Whether a subscription (exact names, `messages.*`, `*`) wants an event. */
export function matches(subscription: readonly string[], type: EventType): boolean {
  return subscription.some(pattern => {
    if (pattern === type || pattern === '*') return true
    return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))
  })
}

/** Checks what a user wrote; a name that does not exist is refused with the nearest one that does. */
export function checkSubscription(
  input: readonly string[],
): { ok: true; patterns: string[] } | { ok: false; problems: { index: number; detail: string }[] } {
  const problems = input.flatMap((pattern, index) =>
    known.has(pattern) ? [] : [{ index, detail: refusal(pattern) }],
  )
  return problems.length > 0 ? { ok: false, problems } : { ok: true, patterns: [...new Set(input)] }
}

function refusal(pattern: string): string {
  const shown = JSON.stringify(pattern.length > 64 ? `${pattern.slice(0, 63)}…` : pattern)
  return `There is no event ${shown}. Did you mean "${nearest(pattern)}"?`
}

function nearest(pattern: string): string {
  // Longer input is no misspelt name, and the distance costs its length times the catalog's.
  const wanted = pattern.trim().toLowerCase().slice(0, 64)
  let best = { name: '*', distance: Number.POSITIVE_INFINITY }
  for (const name of [...types, ...families]) {
    const distance = editDistance(wanted, name)
    if (distance < best.distance) best = { name, distance }
  }
  return best.name
}

/** Levenshtein: how many single characters must be added, dropped or changed to get from one to the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [line, char] of [...from].entries()) {
    const next = [line + 1]
    for (const [column, other] of [...to].entries()) {
      const changed = (row[column] ?? 0) + (char === other ? 0 : 1)
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
