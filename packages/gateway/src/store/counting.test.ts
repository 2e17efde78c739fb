/** Law 18: a table that grows without end is never counted; what people see of it is counted up to a bound, or from a rollup. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

/** A count straight from a partitioned table. From a subselect it is a count of what that lets through, which has its `limit`. */
const boundless = /\bcount\([^)]*\)[^()]*?\bfrom\s+(events|webhook_deliveries|webhook_attempts)\b/gi

test('no statement counts events, deliveries or attempts without a bound', () => {
  const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter(file => !/test/.test(file))
  assert.ok(files.length > 20)
  const counting = files.flatMap(file =>
    [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(boundless)].map(
      ([statement]) => `${file}: ${statement}`,
    ),
  )
  assert.deepEqual(counting, [])
})

test('a count that is bounded, or of another table, is none of those', () => {
  for (const [statement, faults] of [
    ['select count(*)::int as n from events where user_id = $1', 1],
    ['select count(distinct id) as n\n  from webhook_deliveries d', 1],
    ['select count(*) as n from (select from webhook_deliveries limit 10) d', 0],
    ['select count(*) as n from sessions', 0],
  ] as const)
    assert.equal([...statement.matchAll(boundless)].length, faults, statement)
})
