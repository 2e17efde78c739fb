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
  // A longer text is no misspelt name, and must not come back whole in an error.
  const shown = pattern.slice(0, 64)
  const near = nearest(shown)
  const advice = near === null ? 'The catalog lists all names.' : `Did you mean "${near}"?`
  return `There is no event ${JSON.stringify(shown)}. ${advice}`
}

function nearest(pattern: string): string | null {
  const wanted = pairs(pattern.trim().toLowerCase())
  let best: { name: string | null; likeness: number } = { name: null, likeness: 0 }
  // Who writes a whole name wants one event, not a family.
  const wholeName = pattern.includes('.') && !pattern.includes('*')
  for (const name of wholeName ? types : [...types, ...families]) {
    const likeness = likenessOf(wanted, pairs(name))
    if (likeness > best.likeness) best = { name, likeness }
  }
  return best.name
}

/** Each two letters that follow each other. */
function pairs(text: string): ReadonlySet<string> {
  return new Set(Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2)))
}

/**
 * Sørensen and Dice: the share of pairs that both have, 0 to 1. Unlike a count of typing errors it also sees that
 * `qr` is part of `qrcode.*`, and that `GROUP_UPDATE`, as others name it, is `groups.update`.
 */
function likenessOf(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const shared = [...one].filter(pair => other.has(pair)).length
  return (2 * shared) / (one.size + other.size || 1)
}
