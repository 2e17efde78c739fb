import { z } from 'zod'
import { defineEvent } from './define.ts'
import { ann, ben, group, me, stranger } from './message-samples.ts'
import { identity, isoTime, jid, person } from './person.ts'

const member = z
  .strictObject({
    ...identity,
    role: z.enum(['member', 'admin', 'superadmin']).describe('`superadmin` made the group.'),
  })
  .meta({ id: 'GroupMember', description: 'A person in a group, and what they may do there.' })

const author = person.optional().describe('Who did it, when WhatsApp tells.')
const groupJid = jid.describe('The group.')

const groupFields = {
  jid: groupJid,
  subject: z.string().optional().describe('The name of the group.'),
  description: z.string().optional().describe('What the group says about itself.'),
  owner: person.optional().describe('Who made the group.'),
  createdAt: isoTime.optional().describe('When the group was made.'),
  size: z.int().min(0).optional().describe('How many members it has.'),
  participants: z.array(member).optional().describe('Who is in it.'),
  announce: z.boolean().optional().describe('Only admins may write.'),
  restrict: z.boolean().optional().describe('Only admins may change name, picture and description.'),
  memberAddMode: z.enum(['all', 'admins']).optional().describe('Who may add members.'),
  joinApprovalMode: z.boolean().optional().describe('Admins must approve who joins.'),
  ephemeralSeconds: z.int().min(0).optional().describe('How long messages stay; 0 means for ever.'),
  inviteCode: z.string().optional().describe('The new code of the invitation link.'),
  picture: z.enum(['changed', 'removed']).optional().describe('What happened to the picture.'),
  isCommunity: z.boolean().optional().describe('Whether it is a community, which holds other groups.'),
  communityJid: jid.optional().describe('The community the group belongs to.'),
}

/** The events about groups and who is in them. */
export const groupEvents = [
  defineEvent({
    type: 'groups.upsert',
    category: 'groups',
    title: 'New group',
    description: 'This number is in a group it was not in before: created, joined or added.',
    since: '0.1.0',
    data: z.strictObject({ ...groupFields, subject: z.string().describe('The name of the group.'), author }),
    samples: {
      added: {
        jid: group,
        subject: 'Lamp friends',
        owner: ann,
        createdAt: '2026-11-23T12:00:00.000Z',
        size: 2,
        participants: [
          { ...ann, role: 'superadmin' },
          { ...me, role: 'member' },
        ],
        announce: false,
        restrict: false,
        author: ann,
      },
    },
  }),
  defineEvent({
    type: 'groups.update',
    category: 'groups',
    title: 'Group changed',
    description:
      'Name, description, picture or settings of a group changed. Carries only the fields that changed, besides `jid` and `author`.',
    since: '0.1.0',
    data: z.strictObject({ ...groupFields, author }),
    samples: {
      renamed: { jid: group, subject: 'Lamp lovers', author: ann },
      onlyAdminsWrite: { jid: group, announce: true, author: ann },
    },
  }),
  defineEvent({
    type: 'group-participants.update',
    category: 'groups',
    title: 'Members joined, left or changed role',
    description:
      'Somebody was added, joined, left, was removed, promoted or demoted, or changed their number (`modify`).',
    since: '0.1.0',
    data: z.strictObject({
      jid: groupJid,
      action: z
        .enum(['add', 'remove', 'promote', 'demote', 'modify'])
        .describe('What happened to them. `modify` is a change of number.'),
      self: z
        .boolean()
        .describe('Whether they did it themselves: `add` is then joining by link, `remove` is leaving.'),
      participants: z.array(person).min(1).describe('Whom it happened to.'),
      previous: person.optional().describe('Who the participant was before changing the number.'),
      author,
    }),
    samples: {
      added: { jid: group, action: 'add', self: false, participants: [ben], author: ann },
      left: { jid: group, action: 'remove', self: true, participants: [stranger], author: stranger },
      promoted: { jid: group, action: 'promote', self: false, participants: [ben], author: ann },
      numberChanged: {
        jid: group,
        action: 'modify',
        self: true,
        participants: [ben],
        previous: { jid: '15550102@s.whatsapp.net', phone: '+15550102' },
      },
    },
  }),
  defineEvent({
    type: 'group.join-request',
    category: 'groups',
    title: 'Request to join',
    description:
      'Somebody asked to join a group that this number administers, took the request back, or was turned down. Who is let in comes as `group-participants.update`.',
    since: '0.1.0',
    data: z.strictObject({
      jid: groupJid,
      action: z
        .enum(['created', 'revoked', 'rejected'])
        .describe('Whether it was made, taken back or turned down.'),
      participant: person.describe('Who wants to join.'),
      method: z
        .enum(['invite_link', 'linked_group_join', 'non_admin_add'])
        .optional()
        .describe('How they came to ask: by the link, from the community, or proposed by a member.'),
      author,
    }),
    samples: {
      created: { jid: group, action: 'created', participant: ben, method: 'invite_link', author: ben },
      rejected: { jid: group, action: 'rejected', participant: ben, author: ann },
    },
  }),
] as const
