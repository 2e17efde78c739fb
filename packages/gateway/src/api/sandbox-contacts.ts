/** The simulated people: they write, call, and read what they are sent. */
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'
import { onePage, pageOf } from './page.ts'
import { problem } from './problem.ts'
import { groupOf } from './sandbox-groups.ts'
import { sandboxMessage, textByDefault } from './sandbox-message.ts'
import { type SandboxContact, sandboxDoings } from './sandbox-network.ts'
import { contactOf, linkedPhone, network, refused } from './sandbox-phone.ts'
import { noContent } from './validate.ts'

const tags = ['Sandbox']
/** Newest messages shown of a contact; the network keeps a thousand. */
const SHOWN_MESSAGES = 100

const contact = z
  .object({ number: z.string(), name: z.string() })
  .meta({ id: 'SandboxContact', description: 'Somebody on the simulated network.' })
const contactDetail = contact.extend({
  received: z
    .array(
      z.object({
        message_id: z.string(),
        from: z.string(),
        text: z.string().describe('Empty for what is no text.'),
        group_id: z.string().nullable(),
      }),
    )
    .describe(`What reached it, newest first; the last ${SHOWN_MESSAGES}.`),
})
const said = z.object({ message_id: z.string() })

const chat = {
  session_id: z.uuid().optional().describe('The phone of this session.'),
  group_id: z.string().max(64).optional().describe('Or a group that the contact is in.'),
}
type Chat = { session_id?: string; group_id?: string }
const isOneChat = ({ session_id, group_id }: Chat) => (session_id === undefined) !== (group_id === undefined)
const oneChat = { error: 'Give one of session_id and group_id.', path: ['session_id'] }
const example = { session_id: '019ab0b7-5c00-7d4e-9f00-112233445566', text: 'Hello?' }
const chatProblems = [
  'network_unavailable',
  'contact_not_found',
  'group_not_found',
  'session_not_found',
  'session_not_linked',
  'sandbox_refused',
] as const

type Deps = Pick<ApiDeps, 'store' | 'sandbox'>

export function sandboxContactRoutes(app: Api, deps: Deps): void {
  contactRoutes(app, deps)
  contactVerbs(app, deps)
  callRoutes(app, deps)
}

const contactParams = z.strictObject({
  number: z.string().regex(/^\d{1,15}$/, { error: 'contact_not_found' }),
})

const showContact = ({ number, name }: SandboxContact) => ({ number, name })

async function chatOf(deps: Deps, profileId: string, { session_id, group_id = '' }: Chat) {
  if (session_id !== undefined) return { phone: (await linkedPhone(deps, profileId, session_id)).number }
  return { group: groupOf(network(deps), profileId, group_id).id }
}

function contactRoutes(app: Api, deps: Deps): void {
  app.get(
    '/sandbox/contacts',
    {
      schema: {
        tags,
        operationId: 'listSandboxContacts',
        summary: 'List the simulated contacts',
        description: 'A few are always there, with the same numbers after a restart.',
        response: { 200: pageOf(contact) },
      },
      config: { problems: ['network_unavailable'] },
    },
    async request => onePage(network(deps).contacts(request.profileId), showContact),
  )

  app.post(
    '/sandbox/contacts',
    {
      schema: {
        tags,
        operationId: 'createSandboxContact',
        summary: 'Add a simulated contact',
        description: 'It gets a number, and is gone after a restart, as the simulated network is.',
        body: z.strictObject({ name: z.string().trim().min(1).max(100) }),
        response: { 201: contact },
      },
      config: { problems: ['network_unavailable', 'sandbox_refused'] },
    },
    async (request, reply) => {
      const made = await refused(async () => network(deps).addContact(request.profileId, request.body.name))
      return reply.code(201).send(showContact(made))
    },
  )

  app.get(
    '/sandbox/contacts/:number',
    {
      schema: {
        tags,
        operationId: 'getSandboxContact',
        summary: 'Get a contact and what reached it',
        params: contactParams,
        response: { 200: contactDetail },
      },
      config: { problems: ['network_unavailable', 'contact_not_found'] },
    },
    async request => {
      const { number, name, received } = contactOf(network(deps), request.profileId, request.params.number)
      const shown = received.slice(-SHOWN_MESSAGES).reverse()
      return {
        number,
        name,
        received: shown.map(({ id, from, text, group }) => ({ message_id: id, from, text, group_id: group })),
      }
    },
  )
}

function contactVerbs(app: Api, deps: Deps): void {
  app.post(
    '/sandbox/contacts/:number/messages',
    {
      preValidation: textByDefault,
      schema: {
        tags,
        operationId: 'saySandbox',
        summary: 'Let a contact write',
        description:
          'To the phone of a session, or in a group that the contact is in: a text, or what `type` says.',
        params: contactParams,
        body: sandboxMessage(chat)
          .refine(isOneChat, oneChat)
          .meta({ examples: [example] }),
        response: { 201: said },
      },
      config: { problems: chatProblems },
    },
    async (request, reply) => {
      const { profileId, body } = request
      const who = contactOf(network(deps), profileId, request.params.number)
      const to = await chatOf(deps, profileId, body)
      const { id } = await refused(() => who.send(to, body))
      return reply.code(201).send({ message_id: id })
    },
  )

  app.post(
    '/sandbox/contacts/:number/presence',
    {
      schema: {
        tags,
        operationId: 'showSandbox',
        summary: 'Let a contact be seen: typing, recording, online',
        description: 'By who watches now; nothing is kept for later. Online and offline need a `session_id`.',
        params: contactParams,
        body: z
          .strictObject({ ...chat, doing: z.enum(sandboxDoings) })
          .refine(isOneChat, oneChat)
          .meta({ examples: [{ session_id: example.session_id, doing: 'typing' }] }),
        response: { 204: noContent },
      },
      config: { problems: chatProblems },
    },
    async (request, reply) => {
      const { profileId, body } = request
      const who = contactOf(network(deps), profileId, request.params.number)
      const to = await chatOf(deps, profileId, body)
      await refused(() => who.show(to, body.doing))
      return reply.code(204).send()
    },
  )

  app.post(
    '/sandbox/contacts/:number/receipts',
    {
      schema: {
        tags,
        operationId: 'receiveSandbox',
        summary: 'Let a contact receive, read or play a message',
        params: contactParams,
        body: z.strictObject({
          message_id: z.string().min(1).max(128).describe('Of a message in `received`.'),
          type: z.enum(['delivered', 'read', 'played']),
        }),
        response: { 204: noContent },
      },
      config: { problems: ['network_unavailable', 'contact_not_found', 'sandbox_refused'] },
    },
    async (request, reply) => {
      const { message_id, type } = request.body
      const who = contactOf(network(deps), request.profileId, request.params.number)
      await refused(() => who.receipt(message_id, type))
      return reply.code(204).send()
    },
  )
}

function callRoutes(app: Api, deps: Deps): void {
  app.post(
    '/sandbox/contacts/:number/calls',
    {
      schema: {
        tags,
        operationId: 'callSandbox',
        summary: 'Let a contact call',
        description: 'It rings until it is turned down, or POST /sandbox/calls/:id/hang-up.',
        params: contactParams,
        body: z.strictObject({ session_id: z.uuid(), video: z.boolean().default(false) }),
        response: { 201: z.object({ call_id: z.string() }) },
      },
      config: {
        problems: [
          'network_unavailable',
          'contact_not_found',
          'session_not_found',
          'session_not_linked',
          'sandbox_refused',
        ],
      },
    },
    async (request, reply) => {
      const { profileId, body } = request
      const who = contactOf(network(deps), profileId, request.params.number)
      const phone = await linkedPhone(deps, profileId, body.session_id)
      const call = await refused(() => who.call(phone.number, { video: body.video }))
      return reply.code(201).send({ call_id: call.id })
    },
  )

  app.post(
    '/sandbox/calls/:id/hang-up',
    {
      schema: {
        tags,
        operationId: 'hangUpSandbox',
        summary: 'Let the caller give up',
        params: z.strictObject({ id: z.string().max(64, { error: 'call_not_found' }) }),
        response: { 204: noContent },
      },
      config: { problems: ['network_unavailable', 'call_not_found', 'sandbox_refused'] },
    },
    async (request, reply) => {
      const hungUp = await refused(() => network(deps).hangUp(request.profileId, request.params.id))
      if (!hungUp) throw problem('call_not_found')
      return reply.code(204).send()
    },
  )
}
