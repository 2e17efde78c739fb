import { randomBytes } from 'node:crypto'
import { type BinaryNode, hmacSign, proto } from 'baileys'
import { sign, signalKey, verify } from '../wire/keys.ts'
import { bytes, child, fromBigEndian, node, SERVER, seconds } from '../wire/nodes.ts'
import { type Account, takeIndex } from './account.ts'
import { createCompanion } from './companion.ts'
import type { Connection, Registration } from './connection.ts'
import type { Network } from './network.ts'
import { checkSignedPreKey } from './prekeys.ts'

/** Baileys shows the first reference for 60 s and five more for 20 s each. */
const REFERENCES = 6

/** What is signed starts with who signs: the account its device, or the device itself. */
const ACCOUNT_SIGNS = Buffer.from([6, 0])
const DEVICE_SIGNS = Buffer.from([6, 1])

/** A client that is not linked: hand it references for QR codes and keep what it says of itself. */
export async function register(connection: Connection, payload: proto.ClientPayload): Promise<void> {
  connection.registration = {
    keys: readKeys(payload.devicePairingData ?? {}),
    refs: Array.from({ length: REFERENCES }, () => `2@${randomBytes(24).toString('base64url')}`),
  }
  const refs = connection.registration.refs.map(ref => node('ref', {}, Buffer.from(ref)))
  const iq = node('iq', { from: SERVER, type: 'set', xmlns: 'md' }, [node('pair-device', {}, refs)])
  // Its answer says nothing; a client that leaves before answering has simply left.
  connection.request(iq).catch(() => {})
}

function readKeys(data: proto.ClientPayload.IDevicePairingRegistrationData): Registration['keys'] {
  const identityKey = signalKey(data.eIdent ?? Buffer.alloc(0))
  const signedPreKey = {
    keyId: fromBigEndian(Buffer.from(data.eSkeyId ?? [])),
    publicKey: data.eSkeyVal ?? undefined,
    signature: data.eSkeySig ?? undefined,
  }
  return {
    registrationId: fromBigEndian(Buffer.from(data.eRegid ?? [])),
    identityKey,
    signedPreKey: checkSignedPreKey(signedPreKey, identityKey),
  }
}

/** Reads what a QR shows: `https://…#ref,noise key,identity key,adv secret,platform`. Throws when no client shows it. */
export function findByQr(network: Network, qr: string): { connection: Connection; advSecret: Buffer } {
  const [ref = '', noiseKey = '', identityKey = '', advSecret = ''] = (qr.split('#').pop() ?? '').split(',')
  const connection = [...network.connections].find(each => each.registration?.refs.includes(ref))
  if (!connection?.registration) throw new Error('no connected client shows this QR code (any more)')
  const shown = connection.clientKey.toString('base64') === noiseKey
  const same = connection.registration.keys.identityKey.subarray(1).toString('base64') === identityKey
  if (!shown || !same) throw new Error('the QR code shows other keys than its client registered with')
  return { connection, advSecret: Buffer.from(advSecret, 'base64') }
}

/**
 * Links a client to an account: the phone signs the client's identity, the client signs back, and is told to
 * connect again. `advSecret` is what only the phone and the client know (from the QR, or agreed by code).
 */
export async function link(connection: Connection, account: Account, advSecret: Buffer): Promise<void> {
  const { registration } = connection
  if (!registration) throw new Error('this client is not waiting to be linked')
  const index = takeIndex(account)
  const identity = registration.keys.identityKey.subarray(1)
  const details = proto.ADVDeviceIdentity.encode({
    rawId: index,
    timestamp: Math.floor(Date.now() / 1000),
    keyIndex: index,
    accountType: proto.ADVEncryptionType.E2EE,
    deviceType: proto.ADVEncryptionType.E2EE,
  }).finish()
  const signed = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: account.phone.identity.public,
    accountSignature: sign(account.phone.identity.private, Buffer.concat([ACCOUNT_SIGNS, details, identity])),
  }).finish()
  const companion = createCompanion({
    account,
    index,
    noiseKey: connection.clientKey,
    keys: registration.keys,
    synced: false,
  })
  const sealed = proto.ADVSignedDeviceIdentityHMAC.encode({
    details: signed,
    hmac: hmacSign(signed, advSecret),
  }).finish()
  const answer = await connection.request(
    node('iq', { from: SERVER, type: 'set', t: seconds() }, [
      node('pair-success', {}, [
        node('device-identity', {}, Buffer.from(sealed)),
        // Becomes the client's own push name; without one it sends no presence.
        node('biz', { name: account.name }),
        node('device', { jid: companion.jid, lid: companion.lid }),
        node('platform', { name: 'android' }),
      ]),
    ]),
  )
  checkAnswer(
    answer,
    Buffer.concat([DEVICE_SIGNS, details, identity, account.phone.identity.public]),
    identity,
  )
  account.companions.set(index, companion)
  connection.registration = null
  connection.end(node('stream:error', { code: '515' }))
}

function checkAnswer(answer: BinaryNode, message: Buffer, identity: Buffer): void {
  const content = bytes(child(child(answer, 'pair-device-sign'), 'device-identity'))
  const signature = proto.ADVSignedDeviceIdentity.decode(content).deviceSignature ?? Buffer.alloc(0)
  if (!verify(identity, message, signature))
    throw new Error("the client's signature of its device identity is wrong")
}
