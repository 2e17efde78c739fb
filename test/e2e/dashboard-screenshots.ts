/**
 * Pictures of every page, in both themes, on a desk and on a phone: `npm run screenshots [-- folder [page …]]`. The few that
 * the README shows go to docs/screenshots with `--readme`.
 */
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Look, openDashboard, pagesOf, startBrowser, startStage, visit } from './dashboard-stage.ts'

const { values, positionals } = parseArgs({
  options: { readme: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const [folder = mkdtempSync(join(tmpdir(), 'waxwing-screenshots-')), ...only] = positionals
const looks: Look[] = [
  { theme: 'light', width: 1440 },
  { theme: 'dark', width: 1440 },
  { theme: 'light', width: 375 },
  { theme: 'dark', width: 375 },
]

const browser = await startBrowser()
if (typeof browser === 'string') {
  console.error(browser)
  process.exit(1)
}
const stage = await startStage()
mkdirSync(folder, { recursive: true })
try {
  for (const look of looks) {
    const { context, page, complaints } = await openDashboard(browser, stage.gateway, look)
    for (const [name, path] of Object.entries(pagesOf(stage))) {
      if (only.length > 0 && !only.includes(name)) continue
      await visit(page, path)
      await page.waitForTimeout(400)
      const file = `${name}-${look.width < 600 ? 'phone' : 'desk'}-${look.theme}.png`
      await page.screenshot({ path: join(folder, file), fullPage: look.width < 600 })
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      if (Number(overflow) > 0) console.error(`${file}: ${overflow} px too wide`)
    }
    for (const complaint of new Set(complaints)) console.error(complaint)
    await context.close()
  }
} finally {
  await browser.close()
  await stage.end()
}
console.log(values.readme ? folder : `pictures: ${folder}`)
process.exit(0)
