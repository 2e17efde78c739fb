/** What people do in the dashboard, done in a real browser on a real gateway: each test is one journey. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openDashboard, patienceMs, type Stage, startBrowser, startStage } from './dashboard-stage.ts'
import { eventually } from './journey.ts'

let browser: Browser | string
let stage: Stage
let page: Page
let context: BrowserContext
let complaints: string[]

before(async () => {
  browser = await startBrowser()
  if (typeof browser === 'string') return
  stage = await startStage()
  ;({ context, page, complaints } = await openDashboard(browser, stage.gateway))
})
after(async () => {
  if (typeof browser === 'string') return
  await browser.close()
  await stage.end()
})

/** A journey, skipped where no Chromium can run. */
function journey(law: string, walk: () => Promise<void>): void {
  test(law, { timeout: 4 * patienceMs }, async t => {
    if (typeof browser === 'string') return t.skip(browser)
    await walk()
    assert.deepEqual(complaints, [], 'the page broke, or its policy stopped something')
  })
}

const see = (text: string | RegExp, where: Pick<Page, 'getByText'> = page) =>
  where.getByText(text).first().waitFor()
const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click()

journey('the printed link signs in once, and leaves nothing in the address', async () => {
  assert.equal(new URL(page.url()).hash, '')
  const late = await (browser as Browser).newPage()
  await late.goto(stage.gateway.signInUrl ?? '')
  await late.getByRole('alert').waitFor()
  await late.getByText('Sign in to Waxwing').waitFor()
  await late.close()
})

journey('a key that nobody has is refused, and a right one shows the page that was asked for', async () => {
  const stranger = await (browser as Browser).newPage({ baseURL: stage.gateway.url })
  await stranger.goto('/deliveries')
  await stranger.getByRole('button', { name: 'API key' }).click()
  await stranger.getByLabel('API key').last().fill('wx_nobody')
  await stranger.getByRole('button', { name: 'Sign in' }).click()
  await stranger.getByRole('alert').waitFor()
  await stranger.getByLabel('API key').last().fill(stage.gateway.apiKey)
  await stranger.getByRole('button', { name: 'Sign in' }).click()
  await stranger.getByRole('heading', { name: 'Deliveries' }).waitFor()
  await stranger.close()
})

journey('a webhook is configured: its URL judged, one event ticked, its attempts foretold', async () => {
  await page.goto('/webhooks/new')
  const url = page.getByLabel('URL', { exact: true })
  await url.fill('http://10.0.0.5/hook')
  await page.getByRole('alert').first().waitFor()
  assert.equal(
    await page.getByRole('checkbox', { name: 'messages.received', exact: false }).first().isChecked(),
    true,
  )
  const ticked = await page.locator('input[type=checkbox]:checked').count()
  assert.equal(ticked, 1, 'only messages.received is subscribed to by default')
  await url.fill(stage.receivers.good.url)
  await see('The gateway may send there.')
  await page.getByLabel('Name', { exact: true }).fill('Journey')
  await page.getByLabel('Search events').fill('reaction')
  await page.getByRole('checkbox', { name: /^messages\.reaction/ }).check()
  await see('2 of ')
  await see(/If it fails now and each time: 3 attempts/)
  await press(/^Create webhook/)
  const secret = await page.getByRole('dialog').locator('pre').innerText()
  assert.match(secret, /^whsec_/)
  const { body } = await stage.gateway.api('GET', '/webhooks')
  const made = body.data.find(({ name }: { name: string }) => name === 'Journey')
  assert.deepEqual(made.subscribed_events.sort(), ['messages.reaction', 'messages.received'])
  await page.getByRole('button', { name: 'Send a test' }).click()
  await page.waitForURL(`**/webhooks/${made.id}/test`)
})

journey('the test says what the receiver answered, and what to look at when it failed', async () => {
  const { good } = stage.receivers
  const answer = good.answer
  await page.goto(`/webhooks/${stage.ids.good}/test`)
  const send = async () => {
    await page.getByRole('button', { name: /^Send test/ }).click()
    return page.getByRole('status').first()
  }
  await page.getByText('webhookId').first().waitFor({ state: 'attached' })
  await see('200', await send())
  await see('Delivered in')

  good.answer = () => 404
  await send()
  await see('Answered 404')
  assert.match(await page.getByRole('status').first().innerText(), /path|URL/i)

  good.answer = () => 'hang'
  await send()
  await see('No answer in time')
  good.answer = answer
  await see('Earlier tests of this visit')
})

journey('a rotated secret signs beside the old one, and a pasted request is judged by both', async () => {
  const { good } = stage.receivers
  await page.goto(`/webhooks/${stage.ids.good}/signing`)
  await press('Rotate')
  await press('Rotate now')
  await see(/signs for 23h more|signs for 24h more|signs for 1d more/)
  await stage.gateway.api('POST', `/webhooks/${stage.ids.good}/test`)
  const request = good.requests.at(-1)
  assert.equal(request?.headers.get('webhook-signature')?.split(' ').length, 2)
  const lines = [...(request?.headers ?? [])].map(([name, value]) => `${name}: ${value}`)
  await page.getByLabel('The request').fill(`${lines.join('\n')}\n\n${request?.body}`)
  await see('It verifies.')
  await page
    .getByLabel('The request')
    .fill(`${lines.join('\n')}\n\n${JSON.stringify(JSON.parse(request?.body ?? ''), null, 1)}`)
  await see(/parsed and printed again/)
  const { body } = await stage.gateway.api('GET', `/webhooks/${stage.ids.good}/secret`)
  good.secret = body.secret
})

journey('what failed for good is found by its cause, mended, and replayed', async () => {
  const { failing } = stage.receivers
  await page.goto('/dead-letters')
  await see(/Answered (404|503)/)
  failing.answer = () => 200
  await stage.gateway.api('POST', `/webhooks/${stage.ids.failing}/enable`)
  await page
    .locator('section', { has: page.getByRole('heading', { name: 'CRM' }) })
    .getByRole('button', { name: 'Replay…' })
    .click()
  await page.getByRole('button', { name: 'Start' }).click()
  await see('finished')
  await eventually('no dead letter is left', async () => {
    const { body } = await stage.gateway.api('GET', `/dead-letters?webhook_id=${stage.ids.failing}`)
    return body.data.length === 0
  })
  await page.keyboard.press('Escape')
  await see('No dead letters.')
})

journey('deliveries are read by keyboard, and their filters stand in the address', async () => {
  await page.goto('/deliveries')
  await page.locator('[data-delivery]').first().waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await see('1 chosen')
  await page.keyboard.press('Escape')
  const id = await page.locator('[data-delivery]').first().getAttribute('data-delivery')
  await page.keyboard.press('j')
  await page.locator(`[data-delivery="${id}"]:focus`).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/deliveries/${id}`)
  await see('What happened')
  await page.goto('/deliveries')
  await page.getByLabel('Status').selectOption('delivered')
  await page.waitForURL('**/deliveries?status=delivered')
})

journey(
  'somebody in the sandbox writes, and the message stands in the chat, the inbox and the live page',
  async () => {
    const words = `Do you have candles? ${Date.now()}`
    await page.goto(`/sandbox?session=${stage.ids.sandbox}`)
    await page.getByLabel('Message', { exact: true }).fill(words)
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await see(words, page.getByRole('log'))
    const menu = () => page.getByRole('button', { name: `What to do with: ${words.slice(0, 40)}` }).click()
    await menu()
    await page.getByRole('menuitem', { name: '👍' }).click()
    await see('👍', page.getByRole('log'))
    await menu()
    await page.getByRole('menuitem', { name: 'Edit' }).click()
    await page.getByLabel('Edited message').fill(`${words}, please`)
    await page.keyboard.press('Enter')
    await see(`${words}, please`, page.getByRole('log'))
    await page.getByRole('button', { name: 'Send something else' }).click()
    await page.getByRole('menuitem', { name: 'A poll' }).click()
    await page
      .getByRole('log')
      .getByRole('button', { name: /^Brass/ })
      .click()
    await page
      .getByRole('log')
      .getByRole('button', { name: /^Brass\s*1/ })
      .waitFor()
    await page.goto('/live')
    await see(`Ada: ${words}`)
    await page.goto('/inbox')
    await see('verified')
  },
)

journey('⌘K finds pages by name and anything by its id', async () => {
  await page.goto('/settings')
  await see('Storage')
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill(stage.ids.delivered)
  await page.getByRole('option', { name: /Open the delivery/ }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/deliveries/${stage.ids.delivered}`)
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill('api k')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/api-keys')
})

journey('a key is shown once, and revoking it names what will stop', async () => {
  await page.goto('/api-keys')
  await press('New key')
  await page.getByLabel('Name').fill('Journey key')
  await page.getByRole('button', { name: 'Make the key' }).click()
  await see('Keep this key')
  const key = await page.getByRole('dialog').locator('pre').innerText()
  await press('I have it')
  assert.equal(await page.getByText(key).count(), 0)
  const asks = () =>
    fetch(`${stage.gateway.url}/api/v1/sessions`, { headers: { authorization: `Bearer ${key}` } })
  assert.equal((await asks()).status, 200)
  await page.locator('li', { hasText: 'Journey key' }).getByRole('button', { name: 'Revoke' }).click()
  await press('Revoke the key')
  await eventually('the key is refused', async () => (await asks()).status === 401)
})

journey('a password is set, and signs in the next time', async () => {
  await page.goto('/settings')
  await page.getByLabel('Email').fill('owner@example.org')
  await page.getByLabel('Password', { exact: true }).fill('a lamp in the window')
  await press('Set a password')
  await see('Signed in by a link.')
  await page.getByLabel('Current password').waitFor()
  const other = await (browser as Browser).newPage({ baseURL: stage.gateway.url })
  await other.goto('/')
  await other.getByLabel('Email').fill('owner@example.org')
  await other.getByLabel('Password', { exact: true }).fill('not the right one')
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.getByRole('alert').waitFor()
  await other.getByLabel('Password', { exact: true }).fill('a lamp in the window')
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.locator('#content').waitFor()
  await other.close()
})

journey('signing out leaves nothing behind', async () => {
  await press('Sign out')
  await see('Sign in to Waxwing')
  await page.reload()
  await see('Sign in to Waxwing')
  await context.close()
})
