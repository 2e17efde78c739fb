/** Every page, in both themes, on a desk and on a phone: axe finds nothing, and nothing is wider than the window. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import {
  type Look,
  openDashboard,
  pagesOf,
  patienceMs,
  type Stage,
  startBrowser,
  startStage,
  visit,
} from './dashboard-stage.ts'

const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
/** One path through all combinations that matter: contrast is the theme's, reflow is the width's. */
const looks: Look[] = [
  { theme: 'light', width: 1440 },
  { theme: 'dark', width: 375 },
]

type Violation = { id: string; nodes: { html: string; failureSummary: string }[] }

let browser: Browser | string
let stage: Stage
before(async () => {
  browser = await startBrowser()
  if (typeof browser !== 'string') stage = await startStage()
})
after(async () => {
  if (typeof browser === 'string') return
  await browser.close()
  await stage.end()
})

for (const look of looks) {
  test(`axe finds nothing on any page, ${look.theme} at ${look.width} px`, {
    timeout: 10 * patienceMs,
  }, async t => {
    if (typeof browser === 'string') return t.skip(browser)
    const { context, page, complaints } = await openDashboard(browser, stage.gateway, look)
    const faults: string[] = []
    const judge = async (name: string) => {
      await page.evaluate(axe)
      const found = (await page.evaluate('axe.run().then(result => result.violations)')) as Violation[]
      for (const { id, nodes } of found)
        faults.push(
          ...nodes.map(
            ({ html, failureSummary }) => `${name}: ${id}: ${html.slice(0, 200)} ${failureSummary}`,
          ),
        )
      const over = Number(
        await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
      )
      if (over > 0) faults.push(`${name}: ${over} px wider than the window`)
    }
    for (const [name, path] of Object.entries(pagesOf(stage))) {
      await visit(page, path)
      await judge(name)
    }
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await judge('shortcuts')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    await judge('palette')
    await context.clearCookies()
    await page.goto('/')
    await page.getByRole('heading', { name: 'Sign in to Waxwing' }).waitFor()
    await judge('sign-in')
    await context.close()
    assert.deepEqual(faults, [])
    assert.deepEqual(complaints, [])
  })
}
