import type { BinaryNode } from 'baileys'
import { signalKey, verify } from '../wire/keys.ts'
import { bigEndian, bytes, child, children, fromBigEndian, node, SERVER, seconds } from '../wire/nodes.ts'
import type { PreKeyBundle } from '../wire/signal-device.ts'
import { type Companion, type DeviceKeys, takeBundle } from './companion.ts'
import type { Network } from './network.ts'
import { stanzaKey } from './outbox.ts'

/** Below this a client is told to bring more; the number Baileys calls low too. */
const LOW = 5

/** How many one-time keys are left; a device whose keys are unknown is asked for all of them by the answer 0. */
export function countPreKeys(device: Companion): BinaryNode[] {
  return [node('count', { value: String(device.keys ? device.preKeys.length : 0) })]
}

/** A client brings its identity, its signed pre-key and one-time keys. Throws when a signature is wrong. */
export async function storePreKeys(device: Companion, iq: BinaryNode): Promise<void> {
  const identityKey = signalKey(bytes(child(iq, 'identity')))
  if (device.keys && !device.keys.identityKey.equals(identityKey))
    throw new Error(`${device.jid} came with another identity`)
  device.keys = {
    registrationId: fromBigEndian(bytes(child(iq, 'registration'))),
    identityKey,
    signedPreKey: readSignedPreKey(child(iq, 'skey'), identityKey),
  }
  for (const key of children(child(iq, 'list'), 'key')) {
    const keyId = fromBigEndian(bytes(child(key, 'id')))
    if (device.preKeys.some(known => known.keyId === keyId)) continue
    device.preKeys.push({ keyId, publicKey: signalKey(bytes(child(key, 'value'))) })
  }
  await device.outbox.flush()
}

export function rotateSignedPreKey(device: Companion, iq: BinaryNode): void {
  if (!device.keys) return
  const signedPreKey = readSignedPreKey(child(child(iq, 'rotate'), 'skey'), device.keys.identityKey)
  device.keys = { ...device.keys, signedPreKey }
}

function readSignedPreKey(skey: BinaryNode | undefined, identityKey: Buffer): DeviceKeys['signedPreKey'] {
  const [keyId, publicKey, signature] = ['id', 'value', 'signature'].map(tag => bytes(child(skey, tag)))
  return checkSignedPreKey(
    { keyId: fromBigEndian(keyId ?? Buffer.alloc(0)), publicKey, signature },
    identityKey,
  )
}

/** The identity must have signed the pre-key, type byte included. */
export function checkSignedPreKey(
  key: { keyId: number; publicKey: Uint8Array | undefined; signature: Uint8Array | undefined },
  identityKey: Buffer,
): DeviceKeys['signedPreKey'] {
  const publicKey = signalKey(key.publicKey ?? Buffer.alloc(0))
  const signature = Buffer.from(key.signature ?? [])
  if (!verify(identityKey, publicKey, signature))
    throw new Error('the signed pre-key is not signed by the identity key')
  return { keyId: key.keyId, publicKey, signature }
}

/** What the server has of the client, for it to compare. */
export function digestKeys(device: Companion): BinaryNode[] {
  if (!device.keys) return [node('digest')]
  const nodes = bundleNodes(device.keys)
  return [node('digest', {}, [node('registration', {}, bigEndian(device.keys.registrationId, 4)), ...nodes])]
}

/** A client wants to start sessions: a bundle for every address that has one. */
export async function givePreKeys(network: Network, iq: BinaryNode): Promise<BinaryNode[]> {
  const users: BinaryNode[] = []
  for (const { attrs } of children(child(iq, 'key'), 'user')) {
    const bundle = await bundleOf(network, attrs.jid ?? '')
    // An error inside one user makes the client give up on all of them, so the unknown are left out.
    if (!bundle) continue
    const registration = node('registration', {}, bigEndian(bundle.registrationId, 4))
    users.push(node('user', { jid: attrs.jid }, [registration, ...bundleNodes(bundle)]))
  }
  return [node('list', {}, users)]
}

async function bundleOf(network: Network, jid: string): Promise<PreKeyBundle | null> {
  const found = network.find(jid)
  if (!found) return null
  if (found.device === 0) return found.account.phone.bundle()
  const companion = found.account.companions.get(found.device)
  if (!companion) return null
  const bundle = takeBundle(companion)
  if (companion.preKeys.length < LOW) await askForMore(companion)
  return bundle
}

async function askForMore(device: Companion): Promise<void> {
  const value = String(device.preKeys.length)
  const attrs = { from: SERVER, type: 'encrypt', id: `prekeys-${value}`, t: seconds() }
  const key = stanzaKey('notification', attrs)
  await device.outbox.push(key, () => node('notification', attrs, [node('count', { value })]))
}

/** Identity and pre-keys as the wire has them: 32 bytes, ids in three. */
export function bundleNodes(bundle: PreKeyBundle): BinaryNode[] {
  const { signedPreKey, preKey } = bundle
  const key = (keyId: number, publicKey: Buffer) => [
    node('id', {}, bigEndian(keyId, 3)),
    node('value', {}, publicKey.subarray(-32)),
  ]
  return [
    node('type', {}, Buffer.from([5])),
    node('identity', {}, bundle.identityKey.subarray(-32)),
    ...(preKey ? [node('key', {}, key(preKey.keyId, preKey.publicKey))] : []),
    node('skey', {}, [
      ...key(signedPreKey.keyId, signedPreKey.publicKey),
      node('signature', {}, signedPreKey.signature),
    ]),
  ]
}
