import { z } from 'zod'
import { defineEvent } from './define.ts'
import { messageReference } from './message.ts'
import { ann, ben, group, noon } from './message-samples.ts'
import { person, unixSeconds } from './person.ts'

const option = z
  .strictObject({
    name: z.string().describe('The answer.'),
    votes: z.int().min(0).describe('How many people chose it.'),
    voters: z.array(person).describe('Who they are.'),
  })
  .meta({ id: 'PollOption', description: 'One answer of a poll, and who chose it.' })

/** The events about polls. */
export const pollEvents = [
  defineEvent({
    type: 'poll.results',
    category: 'polls',
    title: 'Poll results',
    description:
      'The whole tally after each vote: a voter’s newest vote counts, and a vote taken back counts no more. Only polls that this session has seen being made can be counted.',
    since: '0.1.0',
    data: z.strictObject({
      ...messageReference,
      messageId: messageReference.messageId.describe('The poll.'),
      fromMe: messageReference.fromMe.describe('Whether the poll is this number’s.'),
      question: z.string().describe('What was asked.'),
      selectableCount: z.int().min(0).describe('How many one person may choose; 0 means any number.'),
      participant: person.describe('Whose vote changed the tally.'),
      selected: z.array(z.string()).describe('What they chose now; empty when the vote was taken back.'),
      options: z.array(option).describe('All answers, in the order of the poll.'),
      voterCount: z.int().min(0).describe('How many people have a vote in the tally.'),
      timestamp: unixSeconds.describe('When the vote was cast, in unix seconds.'),
    }),
    samples: {
      voted: {
        messageId: '3EB0C0FFEE0011223344',
        from: group,
        fromMe: true,
        isGroup: true,
        question: 'Which colour?',
        selectableCount: 1,
        participant: ben,
        selected: ['Blue'],
        options: [
          { name: 'Blue', votes: 2, voters: [ann, ben] },
          { name: 'Green', votes: 0, voters: [] },
        ],
        voterCount: 2,
        timestamp: noon + 120,
      },
      withdrawn: {
        messageId: '3EB0C0FFEE0011223344',
        from: group,
        fromMe: true,
        isGroup: true,
        question: 'Which colour?',
        selectableCount: 1,
        participant: ben,
        selected: [],
        options: [
          { name: 'Blue', votes: 1, voters: [ann] },
          { name: 'Green', votes: 0, voters: [] },
        ],
        voterCount: 1,
        timestamp: noon + 180,
      },
    },
  }),
] as const
