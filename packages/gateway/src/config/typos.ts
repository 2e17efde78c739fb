import { type Variable, type VariableName, variables } from './table.ts'

type Finding = { variable: string; fault: string; fix: string }

/** Below this many letters a neighbour is usually someone else's word: PORT and POST, HOST and COST. */
const LONG_ENOUGH_TO_REFUSE = 8

const ourNames = (Object.keys(variables) as VariableName[]).flatMap(name =>
  (variables[name] as Variable<unknown, unknown>).secret ? [name, `${name}_FILE`] : [name],
)
const ourPrefixes = ['WAXWING_', 'WEBHOOK_', 'RETENTION_']

/**
 * Variables that are not ours but look as if they were meant for us. A slip of one letter or a lost ending is refused, because
 * starting without it would quietly do something else; a mere family likeness is a warning; everything else is somebody else's.
 */
export function nearMisses(env: Readonly<Record<string, string | undefined>>): {
  refused: Finding[]
  warnings: Finding[]
} {
  const refused: Finding[] = []
  const warnings: Finding[] = []
  for (const variable of Object.keys(env)) {
    if (!env[variable] || ourNames.includes(variable)) continue
    const meant = ourNames.find(name => isSlipOf(variable, name))
    if (meant !== undefined)
      refused.push({
        variable,
        fault: `is not a variable of Waxwing; ${meant} is`,
        fix: `Rename it to ${meant}, or unset it.`,
      })
    else if (ourPrefixes.some(prefix => variable.startsWith(prefix)))
      warnings.push({
        variable,
        fault: 'is not a variable of Waxwing and is ignored',
        fix: 'docs/reference/config.md lists them all.',
      })
  }
  return { refused, warnings }
}

function isSlipOf(typed: string, name: string): boolean {
  if (Math.min(typed.length, name.length) < LONG_ENOUGH_TO_REFUSE) return false
  if (name.startsWith(`${typed}_`) || typed === name.replaceAll('_', '')) return true
  return typed === `WAXWING_${name}` || editDistance(typed, name) <= 1
}

/** Letters added, lost, changed, or swapped with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 1) return 2
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)])
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let j = 0; j <= b.length; j++) (rows[0] ?? [])[j] = j
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const change = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      ;(rows[i] ?? [])[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, change, swap)
    }
  return at(a.length, b.length)
}
