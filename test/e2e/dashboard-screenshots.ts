/**
 * Pictures of every page, in both themes, on a desk and on a phone: `npm run screenshots [-- folder [page …]]`. With
 * `--readme` only the few that the README shows, into docs/screenshots.
 */
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { writeHistory } from './dashboard-history.ts'
import {
  type Look,
  openDashboard,
  pagesOf,
  type Stage,
  startBrowser,
  startStage,
  visit,
} from './dashboard-stage.ts'

const looks: Look[] = [
  { theme: 'light', width: 1440 },
  { theme: 'dark', width: 1440 },
  { theme: 'light', width: 375 },
  { theme: 'dark', width: 375 },
]

/** What the README shows, and what is done on the page before. */
const shown: { page: string; theme: Look['theme']; prepare?: (page: Page) => Promise<void> }[] = [
  { page: 'overview', theme: 'light' },
  { page: 'sandbox', theme: 'light' },
  {
    page: 'webhook-test',
    theme: 'light',
    prepare: async page => {
      await page.getByRole('button', { name: /^Send test/ }).click()
      await page.getByText('Delivered in').waitFor()
      await page.getByRole('button', { name: 'Request as sent' }).click()
    },
  },
  { page: 'deliveries', theme: 'dark' },
  { page: 'delivery-failed', theme: 'dark' },
]

async function everyPage(browser: Browser, stage: Stage, folder: string, only: string[]): Promise<void> {
  for (const look of looks) {
    const { context, page, complaints } = await openDashboard(browser, stage.gateway, look)
    for (const [name, path] of Object.entries(pagesOf(stage))) {
      if (only.length > 0 && !only.includes(name)) continue
      await visit(page, path)
      await page.waitForTimeout(400)
      const isPhone = look.width < 600
      const file = `${name}-${isPhone ? 'phone' : 'desk'}-${look.theme}.png`
      await page.screenshot({ path: join(folder, file), fullPage: isPhone })
    }
    for (const complaint of new Set(complaints)) console.error(complaint)
    await context.close()
  }
}

async function readmePages(browser: Browser, stage: Stage, folder: string): Promise<void> {
  for (const { page: name, theme, prepare } of shown) {
    const { context, page } = await openDashboard(browser, stage.gateway, { theme, width: 1280 })
    await page.setViewportSize({ width: 1280, height: 800 })
    await visit(page, pagesOf(stage)[name] ?? '/')
    await prepare?.(page)
    await page.waitForTimeout(600)
    await page.screenshot({ path: join(folder, `${name}.png`) })
    await context.close()
  }
}

const { values, positionals } = parseArgs({
  options: { readme: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const readme = join(import.meta.dirname, '../../docs/screenshots')
const [given, ...only] = positionals
const folder = values.readme ? readme : (given ?? mkdtempSync(join(tmpdir(), 'waxwing-screenshots-')))
const browser = await startBrowser()
if (typeof browser === 'string') {
  console.error(browser)
  process.exit(1)
}
const stage = await startStage()
mkdirSync(folder, { recursive: true })
try {
  await writeHistory(stage.dataDir, { webhooks: [stage.ids.good, stage.ids.inbox] })
  await (values.readme ? readmePages(browser, stage, folder) : everyPage(browser, stage, folder, only))
} finally {
  await browser.close()
  await stage.end()
}
console.log(`pictures: ${folder}`)
process.exit(0)
