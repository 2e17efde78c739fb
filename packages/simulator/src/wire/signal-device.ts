import { encodeWAMessage, proto, unpadRandomMax16 } from 'baileys'
import { ProtocolAddress, SessionBuilder, SessionCipher, SessionRecord } from 'libsignal'
import { deriveBytes, deriveKeyPair, type KeyPair, sign, signalKey } from './keys.ts'

/** What somebody needs to start a session with a device. Public keys are 33 bytes. */
export type PreKeyBundle = {
  registrationId: number
  identityKey: Buffer
  signedPreKey: { keyId: number; publicKey: Buffer; signature: Buffer }
  /** Absent when the device has run out of one-time keys; Signal works without. */
  preKey?: { keyId: number; publicKey: Buffer }
}

/** Where a session ends: a person (any name without a dot) and one of their devices. */
export type Address = { user: string; device: number }

export type Sealed = { type: 'pkmsg' | 'msg'; ciphertext: Buffer }

/** A phone of the network: a real Signal device, whose keys are all derived so that a restart changes none. */
export type SignalDevice = {
  identity: KeyPair
  /** A fresh bundle, with a one-time key nobody was given before in this process. */
  bundle(): PreKeyBundle
  /** Seals for `to`; when there is no session yet, or `renew`, one is made from the bundle. */
  encrypt(to: Address, message: proto.IMessage, bundle: () => PreKeyBundle, renew?: boolean): Promise<Sealed>
  /** Throws when it cannot be opened: the sender is then asked to send again. */
  decrypt(from: Address, sealed: Sealed): Promise<proto.Message>
}

/** Key ids travel in 3 bytes. */
const LAST_KEY_ID = 0xff_ff_ff

export function createSignalDevice(seed: string, owner: string): SignalDevice {
  const label = (part: string) => `${owner} ${part}`
  const identity = deriveKeyPair(seed, label('identity'))
  const signedPreKey = deriveKeyPair(seed, label('signed pre-key'))
  const registrationId = deriveBytes(seed, label('registration')).readUInt16BE(0) & 0x3fff || 1
  const preKey = (id: number) => deriveKeyPair(seed, label(`pre-key ${id}`))
  const signature = sign(identity.private, signalKey(signedPreKey.public))
  let preKeysGiven = 0

  const storage = createStorage({ identity, signedPreKey, registrationId, preKey })
  // The owner is part of the name because libsignal queues by address for the whole process:
  // without it every device of the network, and a client in this process, would wait for each other.
  const address = (at: Address) => new ProtocolAddress(`${owner}>${at.user}`, at.device)

  return {
    identity,
    bundle() {
      preKeysGiven = (preKeysGiven % LAST_KEY_ID) + 1
      return {
        registrationId,
        identityKey: signalKey(identity.public),
        signedPreKey: { keyId: 1, publicKey: signalKey(signedPreKey.public), signature },
        preKey: { keyId: preKeysGiven, publicKey: signalKey(preKey(preKeysGiven).public) },
      }
    },
    async encrypt(to, message, bundle, renew = false) {
      const at = address(to)
      const session = await storage.loadSession(at.toString())
      if (renew || !session?.haveOpenSession())
        await new SessionBuilder(storage, at).initOutgoing(withPreKey(bundle()))
      const { type, body } = await new SessionCipher(storage, at).encrypt(encodeWAMessage(message))
      return { type: type === 3 ? 'pkmsg' : 'msg', ciphertext: Buffer.from(body, 'binary') }
    },
    async decrypt(from, { type, ciphertext }) {
      const cipher = new SessionCipher(storage, address(from))
      const padded =
        type === 'pkmsg'
          ? await cipher.decryptPreKeyWhisperMessage(ciphertext)
          : await cipher.decryptWhisperMessage(ciphertext)
      return proto.Message.decode(unpadRandomMax16(padded))
    },
  }
}

/** libsignal's types ask for a one-time key, its code does not. */
function withPreKey(bundle: PreKeyBundle): Required<PreKeyBundle> {
  return bundle as Required<PreKeyBundle>
}

function createStorage(own: {
  identity: KeyPair
  signedPreKey: KeyPair
  registrationId: number
  preKey: (id: number) => KeyPair
}) {
  // Kept serialised: libsignal changes a record before it knows whether a message fits.
  const sessions = new Map<string, Uint8Array>()
  const pair = (keys: KeyPair) => ({ pubKey: signalKey(keys.public), privKey: keys.private })
  return {
    async loadSession(id: string): Promise<SessionRecord | null> {
      const kept = sessions.get(id)
      return kept ? SessionRecord.deserialize(kept) : null
    },
    async storeSession(id: string, session: SessionRecord): Promise<void> {
      sessions.set(id, session.serialize())
    },
    isTrustedIdentity: () => true,
    // Any of our one-time keys can be derived again, also after a restart, so none is ever missing.
    loadPreKey: async (id: number | string) => (id ? pair(own.preKey(Number(id))) : undefined),
    removePreKey() {},
    loadSignedPreKey: () => pair(own.signedPreKey),
    getOurRegistrationId: () => own.registrationId,
    getOurIdentity: () => pair(own.identity),
  }
}
