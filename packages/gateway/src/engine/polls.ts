import { hash } from 'node:crypto'
import type { EventData } from '@waxwing/events'
import type { EventDraft } from '@waxwing/events/event-id'
import { decryptPollVote, type proto, type WAMessage } from 'baileys'
import type { Polls, StoredVote } from '../store/polls.ts'
import type { MessageReader } from './intake.ts'
import type { Person } from './jid.ts'
import { pollOf } from './message/polls.ts'
import { unwrap } from './message/read.ts'
import { numberOf } from './message/wire-number.ts'
import { draft, secondsOf, type TranslationContext } from './translate/context.ts'
import { type MessageRef, messageRef, wireAddress, wireKey } from './translate/key.ts'

/** What is kept of a poll. `secret` is base64. */
type KeptPoll = {
  question: string
  options: string[]
  selectableCount: number
  secret: string
  fromMe: boolean
  creator: Person
}

/** Remembers the polls of a session, counts the votes in them, and tells the tally after each. */
export function createPollBox(sessionId: string, store: Polls): MessageReader {
  async function vote(message: WAMessage, ref: MessageRef, update: Vote, context: TranslationContext) {
    const pollId = update.pollCreationMessageKey?.id
    const text = pollId ? await store.find(sessionId, pollId) : null
    if (!pollId || text === null) return []
    const poll = JSON.parse(text) as KeptPoll
    const selected = openVote(pollId, poll, ref.participant, update.vote ?? {})
    if (!selected) {
      context.onError(new Error('no pair of addresses opens this vote'), 'a vote')
      return []
    }
    const voter = wireAddress(ref.participant.jid, ref.participant.lid)
    const timestamp = secondsOf(message.messageTimestamp, context.now)
    const at = numberOf(update.senderTimestampMs) ?? timestamp * 1000
    const cast: StoredVote = { at, options: selected, voter: ref.participant }
    const votes = await store.vote(sessionId, pollId, voter, cast)
    const about = { messageId: pollId, from: ref.from, fromMe: poll.fromMe, isGroup: ref.isGroup }
    const data = { ...about, ...tally(poll, votes), participant: ref.participant, selected, timestamp }
    const fact = {
      at: new Date(timestamp * 1000),
      chat: ref.from,
      naturalKey: wireKey(message.key),
    }
    return [draft('poll.results', data, fact, context)]
  }

  async function takeOne(message: WAMessage, context: TranslationContext): Promise<EventDraft[]> {
    const content = unwrap(message.message)
    const ref = content && messageRef(message.key, context)
    if (!ref) return []
    const poll = pollIn(message, content)
    if (poll) {
      const kept: KeptPoll = { ...poll, fromMe: ref.fromMe, creator: ref.participant }
      await store.remember(sessionId, {
        messageId: ref.messageId,
        chat: ref.from,
        poll: JSON.stringify(kept),
      })
    }
    return content.pollUpdateMessage ? vote(message, ref, content.pollUpdateMessage, context) : []
  }

  return {
    async take(messages, context) {
      const told: EventDraft[] = []
      for (const message of messages) told.push(...(await takeOne(message, context)))
      return told
    },
  }
}

type Vote = proto.Message.IPollUpdateMessage

/** Null for everything but a poll that came with its secret. */
function pollIn(message: WAMessage, content: proto.IMessage) {
  const creation =
    content.pollCreationMessage ??
    content.pollCreationMessageV2 ??
    content.pollCreationMessageV3 ??
    content.pollCreationMessageV5
  const secret = (message.message?.messageContextInfo ?? content.messageContextInfo)?.messageSecret
  if (!creation || !secret?.length) return null
  return { ...pollOf(creation), secret: Buffer.from(secret).toString('base64') }
}

/**
 * The names of the chosen options; null when the vote does not open. It is sealed by the addresses of who made the
 * poll and who votes, and clients do not agree whether these are numbers or LIDs: the seal itself tells which fits.
 */
function openVote(
  pollMsgId: string,
  poll: KeptPoll,
  voter: Person,
  vote: proto.Message.IPollEncValue,
): string[] | null {
  const pollEncKey = Buffer.from(poll.secret, 'base64')
  for (const pollCreatorJid of addressesOf(poll.creator)) {
    for (const voterJid of addressesOf(voter)) {
      try {
        const opened = decryptPollVote(vote, { pollMsgId, pollCreatorJid, voterJid, pollEncKey })
        const chosen = new Set(opened.selectedOptions?.map(each => Buffer.from(each).toString('hex')))
        return poll.options.filter(option => chosen.has(hash('sha256', option)))
      } catch {
        // Another pair of addresses, then.
      }
    }
  }
  return null
}

function addressesOf({ jid, lid }: Person): string[] {
  return [...new Set([jid, lid].filter(address => address !== undefined))]
}

type Results = EventData<'poll.results'>

function tally(
  { question, selectableCount, options }: KeptPoll,
  votes: Record<string, StoredVote>,
): Pick<Results, 'question' | 'selectableCount' | 'options' | 'voterCount'> {
  const cast = Object.values(votes)
    .filter(vote => vote.options.length > 0)
    .sort((one, other) => one.at - other.at)
  const counted = options.map(name => {
    const voters = cast.filter(vote => vote.options.includes(name)).map(vote => vote.voter as Person)
    return { name, votes: voters.length, voters }
  })
  return { question, selectableCount, options: counted, voterCount: cast.length }
}
