import type { proto } from 'baileys'
import type { Message, ReadContent } from './text.ts'

type Poll = Extract<Message, { type: 'poll' }>['poll']

/** A question with answers to choose from; its votes come apart. */
export function readPoll(value: proto.Message.IPollCreationMessage): ReadContent {
  const poll = pollOf(value)
  return { body: poll.question, content: { type: 'poll', poll } }
}

export function pollOf(value: proto.Message.IPollCreationMessage): Poll {
  return {
    question: value.name ?? '',
    options: (value.options ?? []).map(option => option.optionName ?? ''),
    selectableCount: value.selectableOptionsCount ?? 0,
  }
}
