/** What the engine relies on in Baileys 7.0.0-rc14 that Baileys does not promise: a test that fails names what an upgrade changed. */
import './process-guards.ts'

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { type Phone, startWhatsApp, type WhatsApp } from '@waxwing/simulator'
import makeSocket, {
  addTransactionCapability,
  type BaileysEventMap,
  type BinaryNode,
  cleanMessage,
  DEFAULT_CONNECTION_CONFIG,
  decryptMessageNode,
  initAuthCreds,
  proto,
  type SignalDataSet,
  type SignalKeyStore,
  type SignalRepositoryWithLIDStore,
  type UserFacingSocketConfig,
  type WASocket,
} from 'baileys'
import pino from 'pino'
import { bundledVersion } from './connect.ts'
import type { RawSocket } from './output-gate.ts'
import { socketContext } from './socket-context.ts'

const shop = { number: '15550100', name: 'The Lamp Shop' }
const silent = pino({ level: 'silent' })

/** A bare Baileys on a simulated network, linked and logged in, with memory for a disk. */
type Bare = { whatsapp: WhatsApp; phone: Phone; baileys: WASocket; sets: SignalDataSet[]; auth: Auth }
type Auth = { creds: ReturnType<typeof initAuthCreds>; keys: SignalKeyStore }
type Options = Partial<UserFacingSocketConfig>

/** `early` is called with the socket that logs in, before it does anything. */
async function bare(t: TestContext, options: Options = {}, early = (_: WASocket) => {}): Promise<Bare> {
  const whatsapp = await startWhatsApp()
  t.after(() => whatsapp.stop())
  const phone = whatsapp.phone(shop)
  const { auth, sets } = memory()
  const first = connect(whatsapp, auth)
  const { qr } = await told(first, 'connection.update', update => update.qr !== undefined)
  const closed = told(first, 'connection.update', update => update.connection === 'close')
  await phone.scan(qr ?? '')
  await closed
  const baileys = connect(whatsapp, auth, options)
  early(baileys)
  await told(baileys, 'connection.update', update => update.connection === 'open')
  const histories = () => sentBy(phone).filter(({ attrs }) => attrs.type === 'hist_sync').length
  await phone.saw(() => histories() >= 2)
  await phone.whenAcknowledged()
  return { whatsapp, phone, baileys, sets, auth }
}

/** What the linked device has sent, oldest first. */
const sentBy = (phone: Phone) =>
  phone.stanzas.flatMap(({ direction, node }) => (direction === 'in' ? [node] : []))

function connect({ url, rootKey }: WhatsApp, auth: Auth, options: Options = {}): WASocket {
  const config = { auth, waWebSocketUrl: url, version: bundledVersion, logger: silent, ...options }
  const context = { sessionId: 'bare', rootKey: Buffer.from(rootKey, 'hex') }
  const baileys = socketContext.run(context, () => makeSocket(config))
  baileys.ev.on('creds.update', update => Object.assign(auth.creds, update))
  return baileys
}

function memory(): { auth: Auth; sets: SignalDataSet[] } {
  const rows = new Map<string, unknown>()
  const sets: SignalDataSet[] = []
  const keys: SignalKeyStore = {
    get: async (type, ids) => {
      const found = ids.filter(id => rows.has(`${type} ${id}`))
      return Object.fromEntries(found.map(id => [id, rows.get(`${type} ${id}`) as never]))
    },
    async set(data) {
      sets.push(structuredClone(data))
      for (const [type, values] of Object.entries(data))
        for (const [id, value] of Object.entries(values ?? {}))
          if (value === null) rows.delete(`${type} ${id}`)
          else rows.set(`${type} ${id}`, value)
    },
  }
  return { auth: { creds: initAuthCreds(), keys }, sets }
}

/** The first event of this name that matches, from now on. */
function told<N extends keyof BaileysEventMap>(
  { ev }: WASocket,
  name: N,
  matches: (data: BaileysEventMap[N]) => boolean,
): Promise<BaileysEventMap[N]> {
  return new Promise(resolve => {
    const listener = (data: BaileysEventMap[N]) => {
      if (!matches(data)) return
      ev.off(name, listener)
      resolve(data)
    }
    ev.on(name, listener)
  })
}

const rawOf = ({ ws }: WASocket) => (ws as unknown as { socket: RawSocket }).socket

/** Baileys' own repository, with `hear` called before each decryption and `keys` as it was given them. */
function repositoryThat(
  hear: (
    ciphertext: Uint8Array,
    keys: Parameters<typeof DEFAULT_CONNECTION_CONFIG.makeSignalRepository>[0]['keys'],
  ) => void,
): Options {
  return {
    makeSignalRepository(auth, logger, find) {
      const repository: SignalRepositoryWithLIDStore = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(
        auth,
        logger,
        find,
      )
      return {
        ...repository,
        decryptMessage(given) {
          hear(given.ciphertext, auth.keys)
          return repository.decryptMessage(given)
        },
        decryptGroupMessage(given) {
          hear(given.msg, auth.keys)
          return repository.decryptGroupMessage(given)
        },
      }
    },
  }
}

const ciphertextsOf = ({ content }: BinaryNode) =>
  Array.isArray(content) ? content.filter(({ tag }) => tag === 'enc').map(enc => enc.content) : []

test('what is to be decrypted is the very buffer of the stanza, and a prepended listener saw it before', async t => {
  const seen = new Set<unknown>()
  const outcomes: boolean[] = []
  const repository = repositoryThat(ciphertext => outcomes.push(seen.has(ciphertext)))
  const { whatsapp, phone } = await bare(t, repository, ({ ws }) => {
    ws.prependListener('CB:message', (stanza: BinaryNode) => {
      for (const ciphertext of ciphertextsOf(stanza)) seen.add(ciphertext)
    })
  })
  outcomes.length = 0
  const ann = whatsapp.contact({ number: '15550101' })
  await ann.say(phone, 'for one')
  await ann.sayIn(whatsapp.group({ subject: 'Choir', members: [ann, phone] }), 'for all')
  await phone.whenAcknowledged()
  assert.deepEqual(outcomes, [true, true, true], 'a message, the key of the group, a message of the group')
})

test('a transaction around the decryption joins it: ratchet and row are one set', async t => {
  const { whatsapp, phone, sets } = await bare(t, {
    makeSignalRepository(auth, logger, find) {
      const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, find)
      const keys = auth.keys as SignalKeyStore & ReturnType<typeof addTransactionCapability>
      const around = <T>(work: () => Promise<T>, key: string) =>
        keys.transaction(async () => {
          const result = await work()
          await keys.set({ 'a kind nobody knows': { row: 'kept' } } as never)
          return result
        }, key)
      return {
        ...repository,
        decryptMessage: given => around(() => repository.decryptMessage(given), given.jid),
        decryptGroupMessage: given => around(() => repository.decryptGroupMessage(given), given.group),
      }
    },
  })
  sets.length = 0
  const ann = whatsapp.contact({ number: '15550101' })
  await ann.say(phone, 'for one')
  // Bare, a live message may overtake the one before it; see queueLikeOffline in journal.ts.
  await phone.whenAcknowledged()
  const group = whatsapp.group({ subject: 'Choir', members: [ann, phone] })
  await ann.sayIn(group, 'for all')
  await phone.whenAcknowledged()
  const kindsOf = (kind: string) => sets.filter(set => kind in set).map(set => Object.keys(set).sort())
  assert.deepEqual(kindsOf('session'), [
    ['a kind nobody knows', 'identity-key', 'pre-key', 'session'],
    ['a kind nobody knows', 'session'],
  ])
  assert.deepEqual(kindsOf('a kind nobody knows').at(-1), ['a kind nobody knows', 'sender-key'])
  assert.equal(kindsOf('a kind nobody knows').length, 3)
})

test('a nested transaction of the same key does not wait for the outer one and is kept with it or not at all', async () => {
  const { auth, sets } = memory()
  const options = { maxCommitRetries: 1, delayBetweenTriesMs: 0 }
  const keys = addTransactionCapability(auth.keys, silent, options)
  const session = { 'ann.0': Buffer.from('ratchet') }
  const nested = () => keys.transaction(async () => keys.set({ session } as never), 'ann')
  await keys.transaction(async () => {
    await nested()
    assert.deepEqual(sets, [], 'the end of the inner one keeps nothing')
    await keys.set({ journal: { one: { text: 'hello' } } } as never)
  }, 'ann')
  assert.deepEqual(Object.keys(sets[0] ?? {}).sort(), ['journal', 'session'])
  assert.deepEqual((sets[0] as Record<string, unknown>).journal, { one: { text: 'hello' } }, 'untouched')
  const failing = keys.transaction(async () => {
    await nested()
    throw new Error('not now')
  }, 'ann')
  await assert.rejects(failing, /not now/)
  assert.equal(sets.length, 1)
})

test('the mutex of messages can be replaced, and holds all of the handling of one message', async t => {
  const order: string[] = []
  const { whatsapp, phone, baileys } = await bare(
    t,
    repositoryThat(() => order.push('decrypted')),
  )
  order.length = 0
  const { mutex } = baileys.messageMutex
  baileys.messageMutex.mutex = work =>
    mutex(async () => {
      order.push('begun')
      const result = await work()
      order.push('ended')
      return result
    })
  const raw = rawOf(baileys)
  const send = raw.send.bind(raw)
  raw.send = (data, done) => {
    order.push('sent')
    send(data, done)
  }
  const { emit } = baileys.ev
  baileys.ev.emit = (name, data) => {
    if (name === 'messages.upsert') order.push('told')
    return emit(name, data)
  }
  await whatsapp.contact({ number: '15550101' }).say(phone, 'hello')
  await phone.whenAcknowledged()
  while (!order.includes('ended')) await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(order, ['begun', 'decrypted', 'sent', 'told', 'ended'])
})

const ping = (id: string): BinaryNode => ({
  tag: 'iq',
  attrs: { to: '@s.whatsapp.net', type: 'get', xmlns: 'w:p', id },
})

test('every byte leaves by the send of the WebSocket below, which can be replaced', async t => {
  const { whatsapp, phone, baileys } = await bare(t)
  // Whatever the login still had to say has arrived when this is answered.
  await baileys.query(ping('first'))
  const raw = rawOf(baileys)
  const send = raw.send.bind(raw)
  const held: Uint8Array[] = []
  raw.send = (data, done) => {
    held.push(data)
    done?.()
  }
  const before = sentBy(phone).length
  await baileys.sendPresenceUpdate('composing', '15550101@s.whatsapp.net')
  await baileys.sendNode({ tag: 'presence', attrs: { type: 'available' } })
  const asked = baileys.query(ping('second'))
  await whatsapp.contact({ number: '15550101' }).say(phone, 'hello')
  while (held.length < 4) await new Promise(resolve => setImmediate(resolve))
  const arrived = () => sentBy(phone).slice(before)
  assert.deepEqual(arrived(), [], 'nothing went another way')
  // Each frame counts for the cipher: one that had gone another way would make these unreadable.
  for (const data of held) send(data)
  await phone.whenAcknowledged()
  await asked
  assert.deepEqual(
    arrived().map(({ tag }) => tag),
    ['chatstate', 'presence', 'iq', 'receipt'],
  )
})

test('all that Baileys tells goes through the emit of its events, which can be replaced', async t => {
  const heard = new Set<string>()
  const processed = new Set<string>()
  const { whatsapp, phone, baileys } = await bare(t, { emitOwnEvents: false }, ({ ev }) => {
    const { emit } = ev
    ev.emit = (name, data) => {
      heard.add(name)
      return emit(name, data)
    }
    ev.process(events => {
      for (const name of Object.keys(events)) processed.add(name)
    })
  })
  const ann = whatsapp.contact({ number: '15550101' })
  await ann.say(phone, 'hello')
  await baileys.sendMessage(ann.jid, { text: 'hello yourself' })
  const { id } = await ann.waitForMessage()
  const read = told(baileys, 'messages.update', () => true)
  await ann.read(id)
  await phone.whenAcknowledged()
  baileys.ev.flush()
  await read
  for (const name of ['creds.update', 'connection.update', 'messages.upsert', 'messages.update'])
    assert.ok(processed.has(name), name)
  assert.deepEqual(
    [...processed].filter(name => !heard.has(name)),
    [],
  )
})

test('every acknowledgement is logged at debug, with its error when it refuses a message', async t => {
  const logged: { recv?: { tag?: string }; sent?: { error?: string } }[] = []
  const logger = { ...silentLog(), debug: (details: never) => void logged.push(details) }
  logger.child = () => logger
  const { whatsapp, phone, baileys } = await bare(t, { logger: logger as never })
  const acks = () => logged.flatMap(({ recv, sent }) => (sent && recv ? [[recv.tag, sent.error]] : []))
  logged.length = 0
  const ann = whatsapp.contact({ number: '15550101' })
  await baileys.sendMessage(ann.jid, { text: 'hello' })
  const { id } = await ann.waitForMessage()
  await ann.read(id)
  await phone.whenAcknowledged()
  assert.deepEqual(acks(), [['receipt', undefined]])
  ann.undecryptableNext(1)
  const { id: spoilt } = await ann.say(phone, 'cannot be read')
  await phone.saw(
    ({ direction, node }) => direction === 'in' && node.tag === 'ack' && node.attrs.id === spoilt,
  )
  assert.deepEqual(acks()[1], ['message', '500'])
})

function silentLog() {
  const nothing = () => {}
  return {
    level: 'silent',
    child: () => ({}),
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
  }
}

/** A stanza as the recovery rebuilds it: what it said stands in it in plain text. */
function plain(id: string, message: proto.IMessage): BinaryNode {
  const content = proto.Message.encode(message).finish()
  const attrs = { id, from: '15550101@s.whatsapp.net', t: '1700000000', notify: 'Ann', type: 'text' }
  return { tag: 'message', attrs, content: [{ tag: 'plaintext', attrs: {}, content }] }
}

async function retell({ baileys, auth }: Bare, node: BinaryNode): Promise<void> {
  const { id = '', lid = '' } = auth.creds.me ?? {}
  const { fullMessage, decrypt } = decryptMessageNode(node, id, lid, baileys.signalRepository, silent)
  await decrypt()
  cleanMessage(fullMessage, id, lid)
  await baileys.upsertMessage(fullMessage, 'notify')
}

test('a stanza in plain text is read and told like any other, and what it does to an earlier message is done', async t => {
  const whole = await bare(t)
  const heard: Partial<BaileysEventMap>[] = []
  const { emit } = whole.baileys.ev
  whole.baileys.ev.emit = (name, data) => {
    heard.push({ [name]: data })
    return emit(name, data)
  }
  await retell(whole, plain('A1', { conversation: 'hello' }))
  const [message] = heard.flatMap(events => events['messages.upsert']?.messages ?? [])
  assert.deepEqual(
    [message?.key.id, message?.message?.conversation, message?.pushName],
    ['A1', 'hello', 'Ann'],
  )
  assert.equal(message?.messageStubType ?? null, null)
  const key = { remoteJid: '15550101@s.whatsapp.net', fromMe: false, id: 'A1' }
  const { REVOKE } = proto.Message.ProtocolMessage.Type
  await retell(whole, plain('A2', { protocolMessage: { type: REVOKE, key } }))
  const [update] = heard.flatMap(events => events['messages.update'] ?? [])
  assert.deepEqual([update?.key.id, update?.update.message], ['A1', null])
})

test('a change of the credentials without our name sends a presence, even amid a handshake', async t => {
  const { whatsapp, auth } = await bare(t)
  auth.creds.me = { ...auth.creds.me, id: auth.creds.me?.id ?? '', name: 'The Lamp Shop' }
  const baileys = connect(whatsapp, auth)
  t.after(() => baileys.end(undefined))
  const raw = rawOf(baileys)
  let frames = 0
  raw.send = (_, done) => {
    frames++
    done?.()
  }
  await once(baileys.ws, 'open')
  while (frames < 1) await new Promise(resolve => setImmediate(resolve))
  baileys.ev.emit('creds.update', { me: { id: auth.creds.me.id, name: 'The Lamp Shop' } })
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(frames, 1, 'the first frame of the handshake')
  baileys.ev.emit('creds.update', { accountSyncCounter: 1 })
  while (frames < 2) await new Promise(resolve => setImmediate(resolve))
})

test('the acknowledgement of our receipt is heard under its own name, with the id of the message', async t => {
  const { whatsapp, phone, baileys } = await bare(t)
  const confirmed: BinaryNode[] = []
  baileys.ws.on('CB:ack,class:receipt', (node: BinaryNode) => confirmed.push(node))
  const { id } = await whatsapp.contact({ number: '15550101' }).say(phone, 'hello')
  while (!confirmed.some(({ attrs }) => attrs.id === id)) await new Promise(resolve => setImmediate(resolve))
})
