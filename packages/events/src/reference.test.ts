import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog } from './index.ts'
import { renderEventsReference } from './reference.ts'

const page = renderEventsReference()

test('the reference tells every type with its title, description and samples', () => {
  for (const row of catalog) {
    assert.ok(page.includes(`## \`${row.type}\`\n\n**${row.title}.** ${row.description}`), row.type)
    for (const variant of Object.keys(row.samples))
      assert.ok(page.includes(`*${variant}*`), `${row.type} ${variant}`)
  }
})

test('every link on the page leads to a heading of it', () => {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text.toLowerCase().replaceAll(/[`.]/g, ''),
  )
  const anchors = new Set(headings)
  assert.equal(anchors.size, headings.length, 'two headings share an anchor')
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor)
  assert.ok(links.length > catalog.length)
  for (const anchor of links) assert.ok(anchors.has(anchor), anchor)
})

test('the reference is the same each time it is rendered', () => {
  assert.equal(renderEventsReference(), page)
})
