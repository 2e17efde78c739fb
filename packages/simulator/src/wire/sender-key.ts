import { createCipheriv, createDecipheriv, createHmac, randomBytes, randomInt } from 'node:crypto'
import { encodeWAMessage, hkdf, proto, unpadRandomMax16 } from 'baileys'
import { randomKeyPair, sign, signalKey, verify } from './keys.ts'

/** What is sealed once for a whole group, and what opens it and everything sealed after it. */
export type SealedForGroup = { ciphertext: Buffer; distribution: Buffer }

/** The sending half of Signal's sender keys: one device's voice in one group. */
export type SenderKey = { seal(message: proto.IMessage): SealedForGroup }

/** The hearing half: what one device knows of one other device's voice in one group. */
export type SenderKeyReader = {
  /** Takes a distribution; an older state of the same key replaces what was known of it. */
  learn(distribution: Uint8Array): void
  /** Throws when the key is unknown, the signature wrong, or the message was opened before. */
  open(ciphertext: Uint8Array): proto.Message
}

/** Version 3 in both halves of a byte, in front of every sender-key message. */
const VERSION = Buffer.from([0x33])
const SIGNATURE_BYTES = 64
/** How far a reader looks ahead, and how many keys it keeps for what comes late; Signal's own limit. */
const AHEAD = 2000

export function createSenderKey(): SenderKey {
  const id = randomInt(2 ** 31 - 1)
  const signing = randomKeyPair()
  let iteration = 0
  let chain: Buffer = randomBytes(32)
  return {
    seal(message) {
      const state = { id, iteration, chainKey: chain, signingKey: signalKey(signing.public) }
      const { key, iv } = messageKey(chain)
      const cipher = createCipheriv('aes-256-cbc', key, iv)
      const ciphertext = Buffer.concat([cipher.update(encodeWAMessage(message)), cipher.final()])
      const body = Buffer.concat([
        VERSION,
        proto.SenderKeyMessage.encode({ id, iteration, ciphertext }).finish(),
      ])
      iteration += 1
      chain = nextChain(chain)
      return {
        ciphertext: Buffer.concat([body, sign(signing.private, body)]),
        distribution: Buffer.concat([VERSION, proto.SenderKeyDistributionMessage.encode(state).finish()]),
      }
    },
  }
}

type Heard = { iteration: number; chain: Buffer; signingKey: Buffer; late: Map<number, Buffer> }

export function createSenderKeyReader(): SenderKeyReader {
  const heard = new Map<number, Heard>()
  return {
    learn(distribution) {
      const { id, iteration, chainKey, signingKey } = proto.SenderKeyDistributionMessage.decode(
        distribution.subarray(VERSION.length),
      )
      heard.set(id ?? 0, {
        iteration: iteration ?? 0,
        chain: Buffer.from(chainKey ?? []),
        signingKey: Buffer.from(signingKey ?? []),
        late: new Map(),
      })
    },
    open(sealed) {
      const body = sealed.subarray(0, -SIGNATURE_BYTES)
      const message = proto.SenderKeyMessage.decode(body.subarray(VERSION.length))
      const state = heard.get(message.id ?? 0)
      if (!state) throw new Error(`the sender key ${message.id} is not known`)
      if (!verify(state.signingKey, body, sealed.subarray(-SIGNATURE_BYTES)))
        throw new Error('the group message is not signed by its sender key')
      const { key, iv } = messageKey(chainAt(state, message.iteration ?? 0))
      const cipher = createDecipheriv('aes-256-cbc', key, iv)
      const padded = Buffer.concat([cipher.update(message.ciphertext ?? Buffer.alloc(0)), cipher.final()])
      return proto.Message.decode(unpadRandomMax16(padded))
    },
  }
}

/** The chain key of one message, each given once; those passed over are kept for messages that come late. */
function chainAt(state: Heard, wanted: number): Buffer {
  const late = state.late.get(wanted)
  state.late.delete(wanted)
  if (late) return late
  if (wanted < state.iteration || wanted - state.iteration > AHEAD)
    throw new Error(`message ${wanted} of a sender key that stands at ${state.iteration}`)
  for (; state.iteration < wanted; state.iteration += 1) {
    state.late.set(state.iteration, state.chain)
    const [oldest] = state.late.keys()
    if (state.late.size > AHEAD && oldest !== undefined) state.late.delete(oldest)
    state.chain = nextChain(state.chain)
  }
  const found = state.chain
  state.iteration += 1
  state.chain = nextChain(found)
  return found
}

function messageKey(chain: Buffer): { iv: Buffer; key: Buffer } {
  const seed = createHmac('sha256', chain)
    .update(Buffer.from([1]))
    .digest()
  const secrets = Buffer.from(hkdf(seed, 48, { salt: Buffer.alloc(32), info: 'WhisperGroup' }))
  return { iv: secrets.subarray(0, 16), key: secrets.subarray(16, 48) }
}

function nextChain(chain: Buffer): Buffer {
  return createHmac('sha256', chain)
    .update(Buffer.from([2]))
    .digest()
}
