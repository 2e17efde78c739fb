import { createHash } from 'node:crypto'
import { DEFAULT_CONNECTION_CONFIG, type SocketConfig } from 'baileys'
import type { LRUCache } from 'lru-cache'

/** What was decrypted lately, by ciphertext. */
export type Plaintexts = Pick<LRUCache<string, Uint8Array>, 'get' | 'set'>

type MakeRepository = SocketConfig['makeSignalRepository']

/**
 * A ciphertext can be decrypted once: the key is gone with the ratchet step. If the connection drops after that and
 * before the receipt, WhatsApp sends the same ciphertext again, and for a contact we have not answered yet (`pkmsg`)
 * Baileys then refuses it (NACK 487) and the message is lost without a word. So what was decrypted is remembered, and
 * given again to the same ciphertext. This covers drops while the process lives.
 */
export function rememberingRepository(plaintexts: Plaintexts): MakeRepository {
  return (auth, logger, pnToLid) => {
    const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, pnToLid)
    const remembering = async (
      author: string,
      ciphertext: Uint8Array,
      decrypt: () => Promise<Uint8Array>,
    ) => {
      const key = createHash('sha256').update(author).update('\0').update(ciphertext).digest('base64')
      try {
        const plaintext = await decrypt()
        plaintexts.set(key, plaintext)
        return plaintext
      } catch (error) {
        const remembered = plaintexts.get(key)
        if (remembered) return remembered
        throw error
      }
    }
    return {
      ...repository,
      decryptMessage: given =>
        remembering(given.jid, given.ciphertext, () => repository.decryptMessage(given)),
      decryptGroupMessage: given =>
        remembering(given.authorJid, given.msg, () => repository.decryptGroupMessage(given)),
    }
  }
}
