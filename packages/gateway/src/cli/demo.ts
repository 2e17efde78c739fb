import { renderUnicodeCompact } from 'uqr'
import { type DemoGateway, startDemoGateway } from './demo-gateway.ts'
import { startDemoReceiver } from './demo-receiver.ts'
import { createSteps, type Steps, Stopped, seconds } from './demo-steps.ts'
import type { Ending, Voice } from './verb.ts'

/** The journey takes some five seconds. A machine that needs this long has a fault, and more waiting would not show it. */
const DEADLINE_MS = 90_000
/** How long clean-up may take before the process fails without it. */
const CLEAN_UP_MS = 30_000

/** Ends well only if the receiver verified every webhook and the reply arrived. */
export async function demo(voice: Voice, { verbose = false }: { verbose?: boolean }): Promise<Ending> {
  const steps = createSteps(voice)
  const opened: (() => Promise<void>)[] = []
  const interruption = steps.interruption(DEADLINE_MS)
  voice.say('A WhatsApp message becomes a signed webhook. Everything is real except the phones.\n')
  try {
    await Promise.race([journey({ voice, steps, opened, verbose }), interruption.promise])
    const ms = steps.total()
    voice.tell({ ok: true, ms })
    voice.say(`\nThat was the whole journey, in ${seconds(ms)}. With your own number: npm start`)
    return { ok: true }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    return {
      ok: false,
      problem: error.message,
      next: 'With the log of the gateway: npx waxwing demo --verbose',
    }
  } finally {
    await cleanUp(opened)
    // Only now: until everything is closed, a second Ctrl-C (npm sends one of its own) must not end the process.
    interruption.cancel()
  }
}

async function cleanUp(opened: (() => Promise<void>)[]): Promise<void> {
  const overdue = setTimeout(() => process.exit(1), CLEAN_UP_MS)
  for (const close of opened.reverse()) await close().catch(() => undefined)
  clearTimeout(overdue)
  // Baileys leaves the timer of its pre-key upload running for 30 s. All of ours is closed, so nobody has to wait for that;
  // the moment is for the last line on its way out.
  setTimeout(() => process.exit(), 100).unref()
}

type Stage = { voice: Voice; steps: Steps; opened: (() => Promise<void>)[]; verbose: boolean }

async function journey(stage: Stage): Promise<void> {
  const { steps, opened, verbose } = stage
  const gateway = await steps.step(
    'start the gateway',
    () => {
      const starting = startDemoGateway({ verbose })
      opened.push(async () => (await starting).stop())
      return starting
    },
    ({ url }) => `The gateway is up at ${url}, on an embedded Postgres of its own.`,
  )
  const receiver = await subscribe(stage, gateway)
  const sessionId = await link(stage, gateway)
  const phone = gateway.network.phone({ number: '15550100', name: 'The shop' })
  const ada = gateway.network.contact({ number: '15550101', name: 'Ada' })

  await steps.step(
    'a contact writes and the webhook arrives',
    async () => {
      const { id } = await ada.say(phone, 'Is the kettle back in stock?')
      const event = await receiver.next('messages.received')
      if (event.data.messageId !== id) throw new Stopped('the webhook is about another message.')
      return event
    },
    ({ data }) => `Ada wrote "${data.body}". The receiver has messages.received, signature verified.`,
  )
  const sent = await steps.step(
    'reply through the API',
    async () => {
      const body = { to: ada.number, type: 'text', text: 'It is. Shall I keep one for you?' }
      await gateway.call('POST', `/sessions/${sessionId}/messages`, body)
      return ada.waitForMessage()
    },
    ({ text }) => `The API sent "${text}", and Ada's phone has it.`,
  )
  await steps.step(
    'message.sent arrives',
    async () => {
      const event = await receiver.next('message.sent')
      if (event.data.messageId !== sent.id) throw new Stopped('message.sent is about another message.')
      return event
    },
    () => 'The receiver has message.sent, signature verified.',
  )
}

async function subscribe({ steps, opened }: Stage, gateway: DemoGateway) {
  let secret = ''
  const receiver = await startDemoReceiver(() => secret)
  opened.push(() => receiver.stop())
  return steps.step(
    'create the webhook',
    async () => {
      const webhook = await gateway.call('POST', '/webhooks', {
        name: 'demo receiver',
        webhook_url: receiver.url,
        subscribed_events: ['messages.received', 'message.sent'],
      })
      secret = String(webhook.secret)
      return receiver
    },
    ({ url }) => `A webhook goes to ${url}; its secret is only known to the two of them.`,
  )
}

/** Links a sandbox session by QR; resolves with the session's id when it is connected. */
async function link({ voice, steps }: Stage, gateway: DemoGateway): Promise<string> {
  const phone = gateway.network.phone({ number: '15550100', name: 'The shop' })
  const { id, qr } = await steps.step(
    'show the QR',
    async () => {
      const { id } = await gateway.call('POST', '/sessions', { name: 'shop', network: 'sandbox' })
      await gateway.call('POST', `/sessions/${id}/connect`)
      const qr = await gateway.until(`/sessions/${id}/qr`, answer => (answer.qr ? String(answer.qr) : null))
      return { id: String(id), qr }
    },
    () => 'The session shows its QR:',
  )
  voice.say(`\n${renderUnicodeCompact(qr)}\n`)
  await steps.step(
    'scan it and connect',
    async () => {
      await phone.scan(qr)
      await gateway.until(`/sessions/${id}`, ({ status }) => (status === 'connected' ? status : null))
    },
    () => `A simulated phone, +${phone.number}, scanned it, and the session is connected.`,
  )
  return id
}
