import type { TestContext } from 'node:test'
import {
  type AuthenticationCreds,
  type BaileysEventMap,
  initAuthCreds,
  makeWASocket,
  type SignalDataSet,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  type WAMessage,
  type WASocket,
} from 'baileys'
import { createLedger, type Ledger } from './ledger.ts'
import { type Phone, type Stanza, startWhatsApp, type WhatsApp, type WhatsAppOptions } from './whatsapp.ts'

/** What a gateway would keep on disk. */
export type Keychain = { creds: AuthenticationCreds; keys: SignalKeyStore }

/** A real, unmodified Baileys with memory for a disk, for the tests of this package. */
export type Client = {
  readonly keychain: Keychain
  readonly socket: WASocket
  /** Every event, by name. */
  readonly events: Ledger<{ name: string; data: unknown }>
  readonly messages: Ledger<WAMessage & { upsert: string }>
  /** The first QR it shows. */
  qr(): Promise<string>
  opened(): Promise<void>
  /** The status code it reports when its connection ends; `undefined` when it ended by itself. */
  closed(): Promise<number | undefined>
  /** The first of these events whose data matches. */
  event<N extends keyof BaileysEventMap>(
    name: N,
    match?: (data: BaileysEventMap[N]) => boolean,
  ): Promise<BaileysEventMap[N]>
  message(match: (message: WAMessage) => boolean): Promise<WAMessage & { upsert: string }>
  end(): Promise<void>
}

const WAIT_MS = 10_000

/**
 * Baileys leaves timers behind: 30 s after it has uploaded pre-keys, 60 s for a query cut short.
 * They must not hold a process whose tests are done.
 */
const BAILEYS_LEFTOVER_MS = 20_000
const startTimer = globalThis.setTimeout
globalThis.setTimeout = Object.assign(
  (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const timer = startTimer(run, ms, ...args)
    return (ms ?? 0) >= BAILEYS_LEFTOVER_MS ? timer.unref() : timer
  },
  startTimer,
)

export function createKeychain(): Keychain {
  const rows = new Map<string, unknown>()
  const keys: SignalKeyStore = {
    get: async (type, ids) =>
      Object.fromEntries(
        ids.flatMap(id => (rows.has(`${type} ${id}`) ? [[id, rows.get(`${type} ${id}`) as never]] : [])),
      ),
    async set(data: SignalDataSet) {
      for (const [type, values] of Object.entries(data)) {
        for (const [id, value] of Object.entries(values ?? {})) {
          if (value === null) rows.delete(`${type} ${id}`)
          else rows.set(`${type} ${id}`, value)
        }
      }
    },
  }
  return { creds: initAuthCreds(), keys }
}

/** Connects. One socket, no reconnecting: what a test does next it says itself. */
export function connect(
  whatsapp: Pick<WhatsApp, 'url'>,
  keychain: Keychain = createKeychain(),
  options: Partial<UserFacingSocketConfig> = {},
): Client {
  const silent = {
    level: 'silent',
    child: () => silent,
    trace() {},
    debug() {},
    info() {},
    warn() {},
    error() {},
  }
  const socket = makeWASocket({
    auth: keychain,
    waWebSocketUrl: whatsapp.url,
    version: [2, 3000, 1043857760],
    logger: silent,
    syncFullHistory: false,
    markOnlineOnConnect: false,
    // Otherwise an update may be folded into the late echo of the message it is about, and never be heard.
    emitOwnEvents: false,
    ...options,
  })
  const events = createLedger<{ name: string; data: unknown }>(5000)
  const messages = createLedger<WAMessage & { upsert: string }>(5000)
  socket.ev.process(batch => {
    for (const [name, data] of Object.entries(batch)) events.add({ name, data })
    const upserts = batch['messages.upsert']
    for (const message of upserts?.messages ?? []) messages.add({ ...message, upsert: upserts?.type ?? '' })
  })
  // Baileys holds events back for up to 30 s; a gateway flushes, and so do we.
  const flusher = setInterval(() => socket.ev.isBuffering() && socket.ev.flush(), 20)
  socket.registerSocketEndHandler(() => {
    clearInterval(flusher)
    socket.ev.flush()
  })

  const connection = (match: (update: BaileysEventMap['connection.update']) => boolean) =>
    event('connection.update', match)
  async function event<N extends keyof BaileysEventMap>(
    name: N,
    match: (data: BaileysEventMap[N]) => boolean = () => true,
  ) {
    const found = await events.wait(each => each.name === name && match(each.data as BaileysEventMap[N]), {
      timeoutMs: WAIT_MS,
      what: () => `${name}; the client had ${events.all.map(each => each.name).join(' ')}`,
    })
    return found.data as BaileysEventMap[N]
  }
  async function closed() {
    const { lastDisconnect } = await connection(update => update.connection === 'close')
    const error = lastDisconnect?.error as { output?: { statusCode?: number } } | undefined
    return error?.output?.statusCode
  }

  return {
    keychain,
    socket,
    events,
    messages,
    qr: async () => (await connection(update => update.qr !== undefined)).qr ?? '',
    opened: async () => void (await connection(update => update.connection === 'open')),
    closed,
    event,
    message: match =>
      messages.wait(match, {
        timeoutMs: WAIT_MS,
        what: () => `a message; the client has ${JSON.stringify(messages.all.map(each => each.message))}`,
      }),
    async end() {
      const gone = closed()
      await socket.end(undefined)
      await gone
    },
  }
}

/** A network that stops when the test ends, which also ends the clients connected to it. */
export async function startNetwork(t: TestContext, options?: WhatsAppOptions): Promise<WhatsApp> {
  const whatsapp = await startWhatsApp(options)
  t.after(() => whatsapp.stop())
  return whatsapp
}

/** Links a fresh client to the phone by QR and brings it online. */
export async function pair(
  whatsapp: WhatsApp,
  o: { number: string; name?: string },
  keychain: Keychain = createKeychain(),
): Promise<Client> {
  const client = connect(whatsapp, keychain)
  const qr = await client.qr()
  await Promise.all([whatsapp.phone(o).scan(qr), client.closed()])
  const again = connect(whatsapp, client.keychain)
  await Promise.all([again.opened(), whatsapp.phone(o).whenOnline()])
  await settled(whatsapp.phone(o))
  return again
}

/** The phone has shared keys and history and the client has taken them: nothing waits. */
export async function settled(phone: Phone): Promise<void> {
  const taken = ({ direction, node }: Stanza) => direction === 'in' && node.attrs.type === 'hist_sync'
  await phone.saw(() => phone.stanzas.filter(taken).length >= 2)
  await phone.whenAcknowledged()
}
