import { aesDecryptGCM, aesEncryptGCM, hkdf, proto, sha256 } from 'baileys'
import type { ServerIdentity } from './certificate.ts'
import { GREETING } from './frames.ts'
import { agree, randomKeyPair } from './keys.ts'

/** Both directions of an established connection; calls must be made in wire order (each consumes a nonce). */
export type Transport = {
  encrypt(plain: Uint8Array): Buffer
  decrypt(sealed: Uint8Array): Buffer
}

/** The answering side of Noise_XX_25519_AESGCM_SHA256. Every step throws when the client does not fit. */
export type Handshake = {
  /** Client's hello in, server's hello out. */
  hello(message: Uint8Array): Uint8Array
  /** Client's last message in; who it is, and the keys to talk with. */
  finish(message: Uint8Array): { clientStatic: Buffer; payload: proto.ClientPayload; transport: Transport }
}

/** Exactly 32 bytes, so Noise takes it as the first hash without hashing it. */
const PROTOCOL = Buffer.from('Noise_XX_25519_AESGCM_SHA256\0\0\0\0', 'latin1')
const NOTHING = Buffer.alloc(0)

export function createHandshake(server: ServerIdentity): Handshake {
  const symmetric = createSymmetricState()
  const ephemeral = randomKeyPair()
  symmetric.mixHash(GREETING)
  return {
    hello(message) {
      const { clientHello } = proto.HandshakeMessage.decode(message)
      const client = required(clientHello?.ephemeral, 'client ephemeral key')
      symmetric.mixHash(client)
      symmetric.mixHash(ephemeral.public)
      symmetric.mixKey(agree(ephemeral.private, client))
      const staticKey = symmetric.seal(server.static.public)
      symmetric.mixKey(agree(server.static.private, client))
      const payload = symmetric.seal(server.chain)
      const serverHello = { ephemeral: ephemeral.public, static: staticKey, payload }
      return proto.HandshakeMessage.encode({ serverHello }).finish()
    },
    finish(message) {
      const { clientFinish } = proto.HandshakeMessage.decode(message)
      const clientStatic = symmetric.open(required(clientFinish?.static, 'client static key'))
      symmetric.mixKey(agree(ephemeral.private, clientStatic))
      const payload = symmetric.open(required(clientFinish?.payload, 'client payload'))
      return { clientStatic, payload: proto.ClientPayload.decode(payload), transport: symmetric.split() }
    },
  }
}

function createSymmetricState() {
  let hash: Buffer = PROTOCOL
  let chain: Uint8Array = PROTOCOL
  let key: Uint8Array = PROTOCOL
  let counter = 0
  const expand = (secret: Uint8Array) => {
    const keys = hkdf(secret, 64, { salt: Buffer.from(chain), info: '' })
    return [keys.subarray(0, 32), keys.subarray(32)] as const
  }
  const mixHash = (bytes: Uint8Array) => {
    hash = sha256(Buffer.concat([hash, bytes]))
  }
  return {
    mixHash,
    mixKey(secret: Uint8Array) {
      ;[chain, key] = expand(secret)
      counter = 0
    },
    seal(plain: Uint8Array): Buffer {
      const sealed = aesEncryptGCM(plain, key, nonce(counter++), hash)
      mixHash(sealed)
      return sealed
    },
    open(sealed: Uint8Array): Buffer {
      const plain = aesDecryptGCM(sealed, key, nonce(counter++), hash)
      mixHash(sealed)
      return plain
    },
    split(): Transport {
      const [fromClient, toClient] = expand(NOTHING)
      let received = 0
      let sent = 0
      return {
        encrypt: plain => aesEncryptGCM(plain, toClient, nonce(sent++), NOTHING),
        decrypt: sealed => aesDecryptGCM(sealed, fromClient, nonce(received++), NOTHING),
      }
    },
  }
}

function nonce(counter: number): Buffer {
  const iv = Buffer.alloc(12)
  iv.writeUInt32BE(counter, 8)
  return iv
}

function required(bytes: Uint8Array | null | undefined, what: string): Uint8Array {
  if (!bytes?.length) throw new Error(`handshake without ${what}`)
  return bytes
}
