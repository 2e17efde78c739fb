import type { EventData } from '@waxwing/events'
import type { EventDraft } from '@waxwing/events/event-id'
import { proto, type WAMessage } from 'baileys'
import { bareJid } from '../jid.ts'
import { draft, type Fact, secondsOf, type TranslationContext } from './context.ts'
import { joinedGroup } from './groups-joined.ts'
import { known, type MessageRef, wireKey } from './key.ts'

const { StubType } = proto.WebMessageInfo
type Change = Omit<EventData<'groups.update'>, 'jid' | 'author'>
type Action = EventData<'group-participants.update'>['action']

/** What Baileys writes of one person into a stub. */
type StubPerson = { id: string; phoneNumber?: string; lid?: string }

const actions: Readonly<Record<number, Action>> = {
  [StubType.GROUP_PARTICIPANT_ADD]: 'add',
  [StubType.GROUP_PARTICIPANT_INVITE]: 'add',
  [StubType.GROUP_PARTICIPANT_ADD_REQUEST_JOIN]: 'add',
  [StubType.GROUP_PARTICIPANT_REMOVE]: 'remove',
  [StubType.GROUP_PARTICIPANT_LEAVE]: 'remove',
  [StubType.GROUP_PARTICIPANT_PROMOTE]: 'promote',
  [StubType.GROUP_PARTICIPANT_DEMOTE]: 'demote',
}

/** Null: a value nobody knows. */
const changes: Readonly<Record<number, (value: string) => Change | null>> = {
  [StubType.GROUP_CHANGE_SUBJECT]: subject => ({ subject }),
  [StubType.GROUP_CHANGE_DESCRIPTION]: description => ({ description }),
  [StubType.GROUP_CHANGE_ANNOUNCE]: value => ({ announce: value === 'on' }),
  [StubType.GROUP_CHANGE_RESTRICT]: value => ({ restrict: value === 'on' }),
  [StubType.GROUP_CHANGE_INVITE_LINK]: inviteCode => (inviteCode ? { inviteCode } : null),
  [StubType.GROUP_CHANGE_ICON]: id => ({ picture: id ? 'changed' : 'removed' }),
  [StubType.GROUP_MEMBER_ADD_MODE]: value => {
    if (value === 'all_member_add') return { memberAddMode: 'all' }
    return value === 'admin_add' ? { memberAddMode: 'admins' } : null
  },
  [StubType.GROUP_MEMBERSHIP_JOIN_APPROVAL_MODE]: value => ({ joinApprovalMode: value === 'on' }),
}

/**
 * A change of a group comes as a message without content, whose stub says what happened. Baileys tells it once more as
 * `groups.update` or `group-participants.update`, which have no id and no time: the same change told twice would be two.
 * Empty for every other message. Pure.
 */
export function translateGroupChange(
  message: WAMessage,
  ref: MessageRef,
  context: TranslationContext,
): EventDraft[] {
  const type = message.messageStubType ?? -1
  const parameters = message.messageStubParameters ?? []
  const at = new Date(secondsOf(message.messageTimestamp, context.now) * 1000)
  const fact: Fact = { at, chat: ref.from, naturalKey: wireKey(message.key) }
  const author = message.key.participant ? { author: ref.participant } : {}
  const told: Told = { ref, fact, author, context }
  if (type === StubType.GROUP_CREATE) return newGroup(parameters[0] ?? '', told)
  if (type === StubType.GROUP_PARTICIPANT_CHANGE_NUMBER) return numberChange(parameters[0], told)
  if (type === StubType.GROUP_MEMBERSHIP_JOIN_APPROVAL_REQUEST_NON_ADMIN_ADD)
    return joinRequest(parameters, told)
  const change = changes[type]?.(parameters[0] ?? '')
  if (change) return [draft('groups.update', { jid: ref.from, ...change, ...author }, fact, context)]
  const action = actions[type]
  const people = action ? parameters.map((text: string) => personOf(text, context)) : []
  if (!action || people.length === 0) return []
  const self = people.length === 1 && people[0]?.jid === author.author?.jid
  const data = { jid: ref.from, action, self, participants: people, ...author }
  return [draft('group-participants.update', data, fact, context)]
}

type Told = {
  ref: MessageRef
  fact: Fact
  author: { author?: MessageRef['participant'] }
  context: TranslationContext
}

/** A group joined is also a new chat in the list. */
function newGroup(subject: string, { ref, fact, context }: Told): EventDraft[] {
  const group = joinedGroup(ref.from, subject, context)
  const chat = { jid: ref.from, kind: 'group' as const, name: group.subject }
  return [draft('groups.upsert', group, fact, context), draft('chats.upsert', chat, fact, context)]
}

/** The stub names the old address, and is written by the new one. Baileys' own event for it throws. */
function numberChange(old: string | undefined, { ref, fact, author, context }: Told): EventDraft[] {
  const previous = old ? { previous: known(bareJid(old), undefined, context) } : {}
  const who = { participants: [ref.participant], ...previous, ...author }
  const data = { jid: ref.from, action: 'modify' as const, self: true, ...who }
  return [draft('group-participants.update', data, fact, context)]
}

type JoinRequest = EventData<'group.join-request'>
const requestActions: readonly string[] = ['created', 'revoked', 'rejected'] satisfies JoinRequest['action'][]
const methods: Readonly<Record<string, JoinRequest['method']>> = {
  invitelink: 'invite_link',
  linkedgroupjoin: 'linked_group_join',
  nonadminadd: 'non_admin_add',
}

function joinRequest(parameters: readonly string[], { ref, fact, author, context }: Told): EventDraft[] {
  const [who = '{}', action = '', written = ''] = parameters
  const { lid, pn } = JSON.parse(who) as { lid?: string; pn?: string }
  const jid = lid ?? pn
  if (!jid || !requestActions.includes(action)) return []
  const method = methods[written.replaceAll('_', '').toLowerCase()]
  const data = {
    jid: ref.from,
    action: action as JoinRequest['action'],
    participant: known(bareJid(jid), pn, context),
    ...(method && { method }),
    ...author,
  }
  return [draft('group.join-request', data, fact, context)]
}

function personOf(text: string, context: TranslationContext) {
  const { id, phoneNumber, lid } = JSON.parse(text) as StubPerson
  return known(bareJid(id), phoneNumber ?? lid, context)
}
