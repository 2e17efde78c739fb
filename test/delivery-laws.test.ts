/** The table of the laws of delivering names tests and files; here it is held to them. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const docs = join(import.meta.dirname, '../docs')
const lawCount = 20

type Law = { number: number; sentence: string; where: Link[]; tests: Link[] }
type Link = { text: string; file: string }

/** Rows are `| number | sentence | links to files | links to tests |`; the text of a link to a test is its name. */
const laws: Law[] = readFileSync(join(docs, 'delivery-laws.md'), 'utf8')
  .split('\n')
  .filter(line => /^\| \d/.test(line))
  .map(line => {
    const [, number, sentence = '', where = '', tests = ''] = line.split(' | ').flatMap(splitFirst)
    return { number: Number(number), sentence, where: links(where), tests: links(tests) }
  })

/** The first cell begins with the bar that opens the row. */
function splitFirst(cell: string): string[] {
  return cell.startsWith('| ') ? ['', cell.slice(2)] : [cell]
}

function links(cell: string): Link[] {
  return [...cell.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, text = '', path = '']) => ({
    text,
    file: join(docs, path),
  }))
}

/** As it stands in the source, where a quote within quotes is escaped. */
function isNamedIn(source: string, name: string): boolean {
  return ["'", '`', '"'].some(quote => source.includes(`${quote}${name.replaceAll("'", "\\'")}${quote}`))
}

test('every law of delivering is in the table, with its place and a test', () => {
  assert.deepEqual(
    laws.map(law => law.number),
    Array.from({ length: lawCount }, (_, i) => i + 1),
  )
  for (const { number, sentence, where, tests } of laws)
    assert.ok(sentence.length > 20 && where.length > 0 && tests.length > 0, `law ${number}`)
})

test('every file and every test that the table of the laws names exists', () => {
  const missing = laws.flatMap(({ number, where, tests }) => [
    ...where.filter(({ file }) => !existsSync(file)).map(({ text }) => `law ${number}: ${text}`),
    ...tests
      .filter(({ text, file }) => !existsSync(file) || !isNamedIn(readFileSync(file, 'utf8'), text))
      .map(({ text }) => `law ${number}: ${text}`),
  ])
  assert.deepEqual(missing, [])
})
