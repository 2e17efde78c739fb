import type { EventData } from '@waxwing/events'
import type { GroupMetadata, GroupParticipant } from 'baileys'
import { present } from '../message/present.ts'
import { timeOf } from '../message/wire-number.ts'
import type { TranslationContext } from './context.ts'
import { known } from './key.ts'

type NewGroup = EventData<'groups.upsert'>

/** A group this number has come into, as WhatsApp described it then. */
export function joinedGroup(jid: string, subject: string, context: TranslationContext): NewGroup {
  const group = context.group?.(jid)
  if (!group) return { jid, subject }
  const { owner, ownerPn, author, authorPn, participants, linkedParent: communityJid } = group
  return {
    jid,
    subject: group.subject || subject,
    ...present({
      description: group.desc,
      communityJid,
      createdAt: timeOf(group.creation),
      size: group.size,
    }),
    ...(owner && { owner: known(owner, ownerPn, context) }),
    participants: participants.map(each => memberOf(each, context)),
    announce: group.announce === true,
    restrict: group.restrict === true,
    memberAddMode: group.memberAddMode ? 'all' : 'admins',
    joinApprovalMode: group.joinApprovalMode === true,
    ...(group.ephemeralDuration && { ephemeralSeconds: group.ephemeralDuration }),
    ...(group.isCommunity && { isCommunity: true }),
    ...(author && { author: known(author, authorPn, context) }),
  }
}

function memberOf({ id, phoneNumber, lid, admin }: GroupParticipant, context: TranslationContext) {
  const role: 'member' | 'admin' | 'superadmin' = admin ?? 'member'
  return { ...known(id, phoneNumber ?? lid, context), role }
}

/** Everybody in it who is named by a LID alone. */
export function peopleOf(group: GroupMetadata): { jid: string | undefined; other: string | undefined }[] {
  return [
    { jid: group.owner, other: group.ownerPn },
    { jid: group.author, other: group.authorPn },
    ...group.participants.map(({ id, phoneNumber, lid }) => ({ jid: id, other: phoneNumber ?? lid })),
  ]
}
