import { z } from 'zod'
import { defineEvent } from './define.ts'
import { ann, ben } from './message-samples.ts'
import { identity, person } from './person.ts'

const contact = {
  ...identity,
  name: z.string().optional().describe('The name in the account’s address book.'),
  pushName: z.string().optional().describe('The name they chose for themselves.'),
  verifiedName: z.string().optional().describe('The verified name of a business.'),
  username: z.string().optional().describe('Their user name, if they have one.'),
  picture: z.enum(['changed', 'removed']).optional().describe('What happened to the picture.'),
}

/** The events about the people this number knows. */
export const contactEvents = [
  defineEvent({
    type: 'contacts.upsert',
    category: 'contacts',
    title: 'New contact',
    description:
      'A contact was saved on the phone. After linking, one event for each that was saved there before.',
    since: '0.1.0',
    data: z.strictObject(contact),
    samples: { saved: { ...ann, name: 'Ann Example' } },
  }),
  defineEvent({
    type: 'contacts.update',
    category: 'contacts',
    title: 'Contact changed',
    description:
      'A picture changed, or the name that somebody chose for themselves: told once when it is new, not with every message. Carries only the fields that changed, besides who it is.',
    since: '0.1.0',
    data: z.strictObject(contact),
    samples: { pushName: { ...ann, pushName: 'Ann' }, picture: { ...ben, picture: 'changed' } },
  }),
  defineEvent({
    type: 'blocklist.update',
    category: 'contacts',
    title: 'Contact blocked or unblocked',
    description: 'This account blocked somebody, or unblocked them, on any of its devices.',
    since: '0.1.0',
    data: z.strictObject({
      action: z.enum(['add', 'remove']).describe('`add` blocks, `remove` unblocks.'),
      contacts: z.array(person).min(1).describe('Whom.'),
    }),
    samples: {
      blocked: { action: 'add', contacts: [ben] },
      unblocked: { action: 'remove', contacts: [ben] },
    },
  }),
] as const
