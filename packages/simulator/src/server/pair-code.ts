import { randomBytes } from 'node:crypto'
import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  type BinaryNode,
  derivePairingCodeKey,
  hkdf,
} from 'baileys'
import { agree, randomKeyPair } from '../wire/keys.ts'
import { bytes, child, node, SERVER, seconds } from '../wire/nodes.ts'
import type { Account, CodeRequest } from './account.ts'
import type { Connection } from './connection.ts'
import type { Network } from './network.ts'
import { link } from './pair.ts'

const TAG = 'link_code_companion_reg'
const FINISH_TIMEOUT_MS = 10_000

/** A client asks to be linked to a number by code, or completes what the phone has begun. */
export function answerLinkCode(
  network: Network,
  connection: Connection,
  iq: BinaryNode,
): BinaryNode[] | undefined {
  const request = child(iq, TAG)
  if (request?.attrs.stage !== 'companion_hello') {
    finishes.get(connection)?.(request ?? iq)
    return undefined
  }
  const account = network.find(request.attrs.jid ?? '')?.account
  const ref = `3@${randomBytes(16).toString('base64url')}`
  if (account) {
    account.codeRequest = { connection, ref, request }
    account.bell.ring()
  }
  return [node(TAG, { stage: 'companion_hello' }, [node('link_code_pairing_ref', {}, Buffer.from(ref))])]
}

/** A client has gone: it will not complete what it asked for. */
export function forgetCodeRequest(network: Network, connection: Connection): void {
  for (const account of network.accounts()) {
    if (account.codeRequest?.connection === connection) account.codeRequest = null
  }
}

/** Who waits for the client's last message of a pairing by code. */
const finishes = new WeakMap<Connection, (finish: BinaryNode) => void>()

/** The phone types the code: both sides prove to know it, agree on a secret, and the client is linked with that. */
export async function linkByCode(
  account: Account,
  { connection, ref, request }: CodeRequest,
  code: string,
): Promise<void> {
  const companionEphemeral = await unwrapKey(
    code,
    bytes(child(request, 'link_code_pairing_wrapped_companion_ephemeral_pub')),
  )
  const ephemeral = randomKeyPair()
  const finished = nextFinish(connection)
  connection.send(
    node('notification', { from: SERVER, type: TAG, id: `code-${ref.slice(2)}`, t: seconds() }, [
      node(TAG, { stage: 'primary_hello' }, [
        node('link_code_pairing_wrapped_primary_ephemeral_pub', {}, await wrapKey(code, ephemeral.public)),
        node('primary_identity_pub', {}, account.phone.identity.public),
        node('link_code_pairing_ref', {}, Buffer.from(ref)),
      ]),
    ]),
  )
  const bundle = bytes(child(await finished, 'link_code_pairing_wrapped_key_bundle'))
  const shared = agree(ephemeral.private, companionEphemeral)
  const { companionIdentity, random } = openBundle(shared, bundle, account)
  const identityShared = agree(account.phone.identity.private, companionIdentity)
  const secret = Buffer.concat([shared, identityShared, random])
  await link(connection, account, Buffer.from(hkdf(secret, 32, { info: 'adv_secret' })))
}

function nextFinish(connection: Connection): Promise<BinaryNode> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      finishes.delete(connection)
      reject(
        new Error(
          `the client did not accept the code within ${FINISH_TIMEOUT_MS} ms (is it the one it shows?)`,
        ),
      )
    }, FINISH_TIMEOUT_MS)
    finishes.set(connection, finish => {
      clearTimeout(timer)
      finishes.delete(connection)
      resolve(finish)
    })
  })
}

/** Keys cross the server locked with the code: salt (32), counter block (16), ciphertext (32). */
async function wrapKey(code: string, key: Buffer): Promise<Buffer> {
  const [salt, iv] = [randomBytes(32), randomBytes(16)]
  return Buffer.concat([salt, iv, aesEncryptCTR(key, await derivePairingCodeKey(code, salt), iv)])
}

async function unwrapKey(code: string, wrapped: Buffer): Promise<Buffer> {
  const key = await derivePairingCodeKey(code, wrapped.subarray(0, 32))
  return aesDecryptCTR(wrapped.subarray(48), key, wrapped.subarray(32, 48))
}

/** salt (32), nonce (12), sealed: the client's identity, ours as it heard it, and 32 random bytes. */
function openBundle(shared: Buffer, bundle: Buffer, account: Account) {
  const info = 'link_code_pairing_key_bundle_encryption_key'
  const key = hkdf(shared, 32, { salt: bundle.subarray(0, 32), info })
  let opened: Buffer
  try {
    opened = aesDecryptGCM(bundle.subarray(44), key, bundle.subarray(32, 44), Buffer.alloc(0))
  } catch {
    throw new Error('this is not the code the client shows')
  }
  if (!opened.subarray(32, 64).equals(account.phone.identity.public))
    throw new Error('the client heard another identity')
  return { companionIdentity: opened.subarray(0, 32), random: opened.subarray(64, 96) }
}
