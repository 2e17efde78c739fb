import { createCipheriv, createHmac, hash, randomBytes } from 'node:crypto'
import { proto } from 'baileys'

/** Whose vote it is in which poll, each by the address that the chat uses, without a device. */
export type Ballot = { pollId: string; creator: string; voter: string }

const TAG_BYTES = 16

/** Seals a vote for everybody who has the poll, and with it its secret. Options are named by their hashes. */
export function sealVote(secret: Uint8Array, ballot: Ballot, options: string[]): proto.Message.IPollEncValue {
  const selectedOptions = options.map(option => hash('sha256', option, 'buffer'))
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', voteKey(secret, ballot), iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(`${ballot.pollId}\0${ballot.voter}`))
  const vote = proto.Message.PollVoteMessage.encode({ selectedOptions }).finish()
  return { encPayload: Buffer.concat([cipher.update(vote), cipher.final(), cipher.getAuthTag()]), encIv: iv }
}

/** HKDF-SHA256 without a salt, its one block written out. */
function voteKey(secret: Uint8Array, { pollId, creator, voter }: Ballot): Buffer {
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(secret).digest()
  const info = Buffer.from(`${pollId}${creator}${voter}Poll Vote\x01`)
  return createHmac('sha256', extracted).update(info).digest()
}
