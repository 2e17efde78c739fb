/** The first five minutes of somebody who has just started a gateway and has no phone and no receiver at hand. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { openDashboard, patienceMs, startBrowser } from './dashboard-stage.ts'
import { dataFolder, type Gateway, startGateway } from './gateway.ts'

let browser: Browser | string
let folder: Awaited<ReturnType<typeof dataFolder>>
let gateway: Gateway
before(async () => {
  browser = await startBrowser()
  folder = await dataFolder()
  gateway = await startGateway({ dataDir: folder.path, env: { SANDBOX: 'true' } })
})
after(async () => {
  if (typeof browser !== 'string') await browser.close()
  await gateway.stop()
  await folder.remove()
})

test('the first steps lead from the printed link to a message in the inbox, and tick themselves', {
  timeout: 4 * patienceMs,
}, async t => {
  if (typeof browser === 'string') return t.skip(browser)
  const { page, complaints } = await openDashboard(browser, gateway)
  await page.waitForURL('**/welcome')
  const ticked = (count: number) =>
    page.locator(`[role=progressbar][aria-valuenow="${count}"]`).waitFor({ state: 'attached' })
  await ticked(0)

  await page.getByRole('button', { name: 'Open the sandbox' }).click()
  await page.waitForURL('**/link')
  await page.getByRole('img', { name: 'QR code to scan with WhatsApp' }).waitFor()
  await page.getByRole('button', { name: 'Scan with the simulated phone' }).click()
  await page.getByText('Connected', { exact: true }).last().waitFor()
  await page.getByRole('link', { name: 'Add a webhook' }).waitFor()

  await page.goto('/welcome')
  await ticked(1)
  await page.getByRole('button', { name: 'Use the built-in inbox' }).click()
  await ticked(2)
  await page.getByRole('link', { name: 'Send a test' }).click()
  await page.getByText('webhookId').first().waitFor({ state: 'attached' })
  await page.getByRole('button', { name: /^Send test/ }).click()
  await page.getByText('Delivered in').waitFor()

  await page.goto('/welcome')
  // The inbox has verified it, too.
  await ticked(4)
  await page.getByRole('link', { name: 'Write in the sandbox' }).click()
  await page.getByLabel('Message', { exact: true }).fill('Is anybody there?')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.getByRole('log').getByText('Is anybody there?').waitFor()
  await page.goto('/welcome')
  await ticked(5)
  await page.getByRole('heading', { name: 'All set' }).waitFor()
  await page.goto('/inbox')
  await page.getByText('messages.received').first().waitFor()
  assert.deepEqual(complaints, [])
})
