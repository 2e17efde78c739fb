import type { proto } from 'baileys'
import { bareJid, isAddress } from '../jid.ts'
import { present } from './present.ts'
import type { ReadContent } from './text.ts'
import { timeOf } from './wire-number.ts'

/** A personal invitation to a group. Throws when it names none: it is then told as `unknown`. */
export function readGroupInvite(value: proto.Message.IGroupInviteMessage): ReadContent {
  const { groupJid, groupName, inviteCode, inviteExpiration, caption } = value
  if (!groupJid || !isAddress(groupJid)) throw new TypeError('an invitation without a group')
  const groupInvite = {
    groupJid: bareJid(groupJid),
    groupName: groupName ?? '',
    ...present({ code: inviteCode, expiresAt: timeOf(inviteExpiration) }),
  }
  return { body: caption || groupInvite.groupName, content: { type: 'group_invite', groupInvite } }
}
