/** A stage for looking at the dashboard: the real gateway with numbers, receivers and a history, and a browser. */
import { setTimeout as sleep } from 'node:timers/promises'
import chromium from '@sparticuz/chromium'
import { type Contact, type Phone, startWhatsApp, type WhatsApp } from '@waxwing/simulator'
import { type Browser, type BrowserContext, chromium as engine, type Page } from 'playwright-core'
import { dataFolder, type Gateway, startGateway } from './gateway.ts'
import { eventually, linkByQr } from './journey.ts'
import { type Receiver, startReceiver } from './receiver.ts'

/** The machine may be building, and testing other things. */
export const patienceMs = 60_000

/** A Chromium, or why there is none here. It comes with its npm package; nothing is downloaded. */
export async function startBrowser(): Promise<Browser | string> {
  try {
    return await engine.launch({
      executablePath: await chromium.executablePath(),
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--font-render-hinting=none'],
      headless: true,
      timeout: patienceMs,
    })
  } catch (error) {
    return `Chromium cannot start here: ${String(error).slice(0, 300)}`
  }
}

export type Look = { theme: 'light' | 'dark'; width: number }

type Cookies = Awaited<ReturnType<BrowserContext['storageState']>>
/** The printed link works once; what it gave the first window is lent to the next ones. */
const signIns = new WeakMap<Gateway, Cookies>()

/** A fresh browser window, signed in by the link that the gateway prints. Complaints of the page are collected. */
export async function openDashboard(
  browser: Browser,
  gateway: Gateway,
  look: Look = { theme: 'light', width: 1440 },
): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.width < 600 ? 812 : 900 },
    colorScheme: look.theme,
    reducedMotion: 'reduce',
    baseURL: gateway.url,
    locale: 'en-GB',
    storageState: signIns.get(gateway),
  })
  const page = await context.newPage()
  page.setDefaultTimeout(patienceMs)
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(`error: ${error.message}`))
  page.on('console', message => {
    if (/Content Security Policy|Refused to|violates/.test(message.text())) complaints.push(message.text())
  })
  await page.goto(signIns.has(gateway) ? '/' : (gateway.signInUrl ?? '/'))
  await page.locator('#content').waitFor()
  if (!signIns.has(gateway)) signIns.set(gateway, await context.storageState())
  return { context, page, complaints }
}

export type Stage = {
  gateway: Gateway
  dataDir: string
  whatsapp: WhatsApp
  phone: Phone
  contacts: Contact[]
  receivers: { good: Receiver; failing: Receiver; silent: Receiver }
  ids: Record<
    | 'session'
    | 'unlinked'
    | 'sandbox'
    | 'good'
    | 'failing'
    | 'silent'
    | 'inbox'
    | 'delivered'
    | 'failed'
    | 'event',
    string
  >
  end(): Promise<void>
}

/** One installation as it looks after a morning of work. */
export async function startStage(): Promise<Stage> {
  const folder = await dataFolder()
  const whatsapp = await startWhatsApp()
  const [good, failing, silent] = await Promise.all([startReceiver(), startReceiver(), startReceiver()])
  failing.answer = (_request, index) => (index < 6 ? 404 : 503)
  silent.answer = () => 'hang'
  const gateway = await startGateway({
    dataDir: folder.path,
    env: {
      WHATSAPP_URL: whatsapp.url,
      WHATSAPP_ROOT_KEY: whatsapp.rootKey,
      SANDBOX: 'true',
      WEBHOOK_TIMEOUT_MS: '2000',
      API_RATE_LIMIT: '0',
    },
  })
  const { api } = gateway
  const make = async (name: string, webhook_url: string, more: object = {}) => {
    const { body } = await api('POST', '/webhooks', { name, webhook_url, ...more })
    return body as { id: string; secret: string }
  }
  const { body: inbox } = await api('GET', '/inbox')
  const webhooks = {
    good: await make('Order service', good.url, {
      subscribed_events: ['messages.received', 'message.sent', 'session.status'],
      headers: { 'X-Team': 'orders' },
    }),
    failing: await make('CRM', failing.url, { retry_config: { max_attempts: 2, backoff_ms: 200 } }),
    silent: await make('Archive', silent.url, { retry_config: { preset: 'standard' } }),
    inbox: await make('Built-in inbox', inbox.url, { subscribed_events: ['*'] }),
  }
  good.secret = webhooks.good.secret
  failing.secret = webhooks.failing.secret
  silent.secret = webhooks.silent.secret

  const phone = whatsapp.phone({ number: '15550100', name: 'The Lamp Shop' })
  const session = await linkByQr(gateway, phone)
  await api('PATCH', `/sessions/${session}`, { name: 'Support', settings: { auto_read_messages: true } })
  const { body: unlinked } = await api('POST', '/sessions', { name: 'Courier' })
  await api('POST', `/sessions/${unlinked.id}/connect`)
  const contacts = people.map(({ number, name }) => whatsapp.contact({ number, name }))
  for (const [at, text] of sentences.entries()) await contacts[at % contacts.length]?.say(phone, text)

  const sandbox = await linkInSandbox(gateway)

  const first = async (query: string) => {
    const { body } = await api('GET', `/deliveries?limit=1&${query}`)
    return body.data[0]?.id as string | undefined
  }
  const delivered = await eventually('a delivery', () =>
    first(`status=delivered&webhook_id=${webhooks.good.id}`),
  )
  const failed = await eventually('a dead letter', () => first('status=failed'))
  const { body: received } = await api('GET', '/events?type=messages.received&limit=1')
  return {
    gateway,
    dataDir: folder.path,
    whatsapp,
    phone,
    contacts,
    receivers: { good, failing, silent },
    ids: {
      session,
      unlinked: unlinked.id,
      sandbox,
      good: webhooks.good.id,
      failing: webhooks.failing.id,
      silent: webhooks.silent.id,
      inbox: webhooks.inbox.id,
      delivered,
      failed,
      event: received.data[0].id,
    },
    end: async () => {
      await gateway.stop()
      await Promise.all([good.stop(), failing.stop(), silent.stop()])
      await whatsapp.stop()
      await folder.remove()
    },
  }
}

/** A number on the gateway's own simulated network, to which two people have written. */
async function linkInSandbox({ api }: Gateway): Promise<string> {
  const { body: session } = await api('POST', '/sessions', { name: 'Try-out', network: 'sandbox' })
  await api('POST', `/sessions/${session.id}/connect`)
  await eventually('a linked sandbox session', async () => {
    const { status } = await api('POST', `/sandbox/sessions/${session.id}/link`)
    return status === 200
  })
  await eventually('a connected sandbox session', async () => {
    const { body } = await api('GET', `/sessions/${session.id}`)
    return body.status === 'connected'
  })
  const { body: contacts } = await api('GET', '/sandbox/contacts')
  const [ada, grace] = contacts.data
  const say = async (number: string, text: string) => {
    await api('POST', `/sandbox/contacts/${number}/messages`, { session_id: session.id, text })
    // WhatsApp's times have whole seconds: said in one, they would stand in any order.
    await sleep(1_100)
  }
  await say(grace.number, 'Is the shop open today?')
  await say(ada.number, 'Hello! Is the brass lamp still there?')
  await api('POST', `/sandbox/sessions/${session.id}/messages`, {
    to: ada.number,
    text: 'It is. Shall I keep it?',
  })
  await sleep(2_500)
  await say(ada.number, 'Yes please, until Friday.')
  return session.id
}

const people = [
  { number: '15550111', name: 'Ada' },
  { number: '15550112', name: 'Grace' },
  { number: '15550113', name: 'Linus' },
]

const sentences = [
  'Hello! Is the brass lamp still there?',
  'My order 1042 has not arrived yet.',
  'Can I pick it up on Friday?',
  'Thank you, that was quick.',
  'Do you also repair lamps?',
  'The parcel came this morning, all fine.',
  'Which bulb does the green one take?',
  'See you tomorrow at ten.',
]

/** Every page there is, by a name for its picture. */
export function pagesOf({ ids }: Pick<Stage, 'ids'>): Record<string, string> {
  return {
    overview: '/',
    welcome: '/welcome',
    sessions: '/sessions',
    'new-session': '/sessions?new=1',
    session: `/sessions/${ids.session}`,
    link: `/sessions/${ids.unlinked}/link`,
    'link-code': `/sessions/${ids.unlinked}/link?with=code`,
    webhooks: '/webhooks',
    'webhook-new': '/webhooks/new',
    webhook: `/webhooks/${ids.good}`,
    'webhook-failing': `/webhooks/${ids.failing}`,
    'webhook-test': `/webhooks/${ids.good}/test`,
    'webhook-signing': `/webhooks/${ids.good}/signing`,
    'webhook-settings': `/webhooks/${ids.good}/settings`,
    deliveries: '/deliveries',
    'deliveries-none': '/deliveries?status=cancelled',
    delivery: `/deliveries/${ids.delivered}`,
    'delivery-failed': `/deliveries/${ids.failed}`,
    'dead-letters': '/dead-letters',
    live: '/live',
    event: `/live/${ids.event}`,
    events: '/events?type=messages.received',
    sandbox: `/sandbox?session=${ids.sandbox}`,
    inbox: '/inbox',
    'api-keys': '/api-keys',
    settings: '/settings',
    missing: '/nothing/here',
    'webhook-missing': '/webhooks/01900000-0000-7000-8000-000000000000',
  }
}

/** Goes to an address and waits until nothing of it is loading. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await page.locator('h1').first().waitFor()
  await page.locator('.skeleton, [aria-label=Loading]').first().waitFor({ state: 'detached' })
  await page.evaluate('document.fonts.ready')
}
