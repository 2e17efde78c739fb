import { setTimeout as sleep } from 'node:timers/promises'
import { type Phone, startWhatsApp, type WhatsApp } from '@waxwing/simulator'
import { dataFolder, type Gateway, startGateway } from './gateway.ts'
import { type Receiver, startReceiver } from './receiver.ts'

/** Everything a journey needs, all real: a simulated WhatsApp, a receiver, a gateway process, and a linked number. */
export type Journey = {
  whatsapp: WhatsApp
  phone: Phone
  receiver: Receiver
  gateway: Gateway
  sessionId: string
  webhookId: string
  /** Stops or kills the gateway and starts it again on the same data. */
  restart(how: 'stop' | 'kill'): Promise<void>
  end(): Promise<void>
}

export type JourneySettings = {
  /** Variables for the gateway, besides those that point it to the simulated network. */
  env?: Record<string, string>
  /** More fields for the webhook; by default it subscribes to `messages.received`. */
  webhook?: Record<string, unknown>
}

/** Polls `probe` until it gives something; a minute at most. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | null | false | undefined>,
): Promise<T> {
  const end = performance.now() + 60_000
  while (performance.now() < end) {
    const found = await probe()
    if (found) return found
    await sleep(50)
  }
  throw new Error(`${what}: not within a minute`)
}

/** Creates a session, connects it, scans its QR with the phone, and waits until it says `connected`. */
export async function linkByQr(gateway: Gateway, phone: Phone): Promise<string> {
  const session = await gateway.api('POST', '/sessions', { name: 'support' })
  const id: string = session.body.id
  await gateway.api('POST', `/sessions/${id}/connect`)
  const qr = await eventually('a QR', async () => {
    const answer = await gateway.api('GET', `/sessions/${id}/qr`)
    return answer.status === 200 && answer.body.qr
  })
  await phone.scan(qr)
  await connected(gateway, id)
  return id
}

/** Waits until the session says `connected`. */
export async function connected(gateway: Gateway, sessionId: string): Promise<void> {
  await eventually('connected', async () => {
    const answer = await gateway.api('GET', `/sessions/${sessionId}`)
    return answer.body.status === 'connected'
  })
}

/** A fresh world with one linked number and one webhook. */
export async function startJourney({ env = {}, webhook = {} }: JourneySettings = {}): Promise<Journey> {
  const folder = await dataFolder()
  const whatsapp = await startWhatsApp()
  const receiver = await startReceiver()
  const settings = {
    dataDir: folder.path,
    env: { WHATSAPP_URL: whatsapp.url, WHATSAPP_ROOT_KEY: whatsapp.rootKey, ...env },
  }
  const gateway = await startGateway(settings)
  const phone = whatsapp.phone({ number: '15550100', name: 'Owner' })
  const created = await gateway.api('POST', '/webhooks', {
    webhook_url: receiver.url,
    subscribed_events: ['messages.received'],
    ...webhook,
  })
  receiver.secret = created.body.secret
  const journey: Journey = {
    whatsapp,
    phone,
    receiver,
    gateway,
    sessionId: await linkByQr(gateway, phone),
    webhookId: created.body.id,
    restart: async how => {
      await (how === 'stop' ? journey.gateway.stop() : journey.gateway.kill())
      journey.gateway = await startGateway(settings)
    },
    end: async () => {
      await journey.gateway.stop()
      await receiver.stop()
      await whatsapp.stop()
      await folder.remove()
    },
  }
  return journey
}
