/**
 * The built-in receiver: a URL of this gateway that takes webhooks, says whether they verify, and answers as it is told,
 * to rehearse retries. It remembers little, in the memory of this process: it is for looking, not for keeping.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Verification, verifySignature } from '@waxwing/events/signature'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'
import { moment } from './page.ts'
import { problem } from './problem.ts'
import { baseOf } from './sign-ins.ts'
import { noContent } from './validate.ts'

/** Enough to see a retry schedule through. */
const KEPT_REQUESTS = 50
/** Of a body, for the page; verified is the whole. */
const KEPT_BODY = 65_536
/** Inboxes that somebody uses in one process; the one that was used first is forgotten. */
const MAX_INBOXES = 200
/** Longer than any timeout that is worth rehearsing. */
const MAX_DELAY_MS = 30_000

const received = z
  .object({
    id: z.uuid(),
    received_at: moment,
    headers: z.record(z.string(), z.string()),
    body: z.string().describe('The beginning, at most 64 KiB.'),
    verdict: z.object({
      ok: z.boolean(),
      scheme: z.string().nullable(),
      detail: z.string().nullable().describe('Why it does not verify.'),
    }),
    answered: z.int().describe('The status it got.'),
  })
  .meta({ id: 'InboxRequest', description: 'A request to the built-in receiver.' })

const answer = {
  status: z.int().min(200).max(599).describe('What it answers with.'),
  delay_ms: z.int().min(0).max(MAX_DELAY_MS).describe('How long it waits before.'),
}
const inbox = z
  .object({ url: z.string(), ...answer, requests: z.array(received).describe('Newest first, at most 50.') })
  .meta({ id: 'Inbox' })

type Received = z.output<typeof received>
type Inbox = { status: number; delayMs: number; requests: Received[] }
type Inboxes = { of(profileId: string): Inbox }

function createInboxes(): Inboxes {
  const inboxes = new Map<string, Inbox>()
  return {
    of(profileId) {
      const known = inboxes.get(profileId) ?? { status: 200, delayMs: 0, requests: [] }
      inboxes.set(profileId, known)
      const [first] = inboxes.keys()
      if (inboxes.size > MAX_INBOXES && first !== undefined) inboxes.delete(first)
      return known
    },
  }
}

type Deps = Pick<ApiDeps, 'store' | 'publicUrl' | 'maxPayloadBytes'>

/** The routes of the API, and `receive`, which takes the webhooks and stands outside of it. */
export function createInbox(deps: Deps): { routes(app: Api): void; receiver(app: Api): void } {
  const inboxes = createInboxes()
  return {
    routes: app => inboxRoutes(app, inboxes, deps),
    receiver: app => receiver(app, inboxes, deps),
  }
}

function inboxRoutes(app: Api, inboxes: Inboxes, { publicUrl }: Deps): void {
  const show = (request: FastifyRequest) => {
    const { status, delayMs, requests } = inboxes.of(request.profileId)
    return {
      url: `${baseOf(request, publicUrl)}/inbox/${request.profileId}`,
      status,
      delay_ms: delayMs,
      requests,
    }
  }
  const tags = ['Webhooks']
  app.get(
    '/inbox',
    {
      schema: {
        tags,
        operationId: 'getInbox',
        summary: 'What the built-in receiver got',
        response: { 200: inbox },
      },
    },
    async request => show(request),
  )
  app.patch(
    '/inbox',
    {
      schema: {
        tags,
        operationId: 'updateInbox',
        summary: 'Choose how the built-in receiver answers',
        body: z.strictObject(answer).partial(),
        response: { 200: inbox },
      },
    },
    async request => {
      const { status, delay_ms } = request.body
      const mine = inboxes.of(request.profileId)
      mine.status = status ?? mine.status
      mine.delayMs = delay_ms ?? mine.delayMs
      return show(request)
    },
  )
  app.delete(
    '/inbox',
    {
      schema: {
        tags,
        operationId: 'clearInbox',
        summary: 'Forget what the built-in receiver got',
        response: { 204: noContent },
      },
    },
    async (request, reply) => {
      inboxes.of(request.profileId).requests = []
      return reply.code(204).send()
    },
  )
}

/** The profile's id is the address: whoever knows it can leave a request here, which then does not verify. */
function receiver(app: Api, inboxes: Inboxes, { store, maxPayloadBytes }: Deps): void {
  app.register(async scope => {
    // What is verified are the bytes: nobody may have parsed them.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined))
    scope.post<{ Params: { profile: string } }>(
      '/inbox/:profile',
      { schema: { hide: true } },
      async (request, reply) => {
        const profile = await store.profiles.get(request.params.profile).catch(() => null)
        if (profile === null) throw problem('route_not_found')
        const body = await read(request, maxPayloadBytes)
        if (body === null) throw problem('body_too_large')
        const mine = inboxes.of(profile.id)
        const { status, delayMs } = mine
        const verdict = await judge(request, body, profile.id, store)
        mine.requests = [shown(request, body, verdict, status), ...mine.requests].slice(0, KEPT_REQUESTS)
        await sleep(delayMs)
        return reply
          .code(status)
          .type('application/json')
          .send(JSON.stringify({ received: status < 300 }))
      },
    )
  })
}

async function read(request: FastifyRequest, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.raw) {
    size += chunk.length
    if (size > limit) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** By the secrets of the webhooks that point here. */
async function judge(
  request: FastifyRequest,
  body: Buffer,
  profileId: string,
  { webhooks }: Deps['store'],
): Promise<Verification> {
  const { rows } = await webhooks.list({ profileId, limit: 250 })
  const secret = rows.filter(({ webhookUrl }) => webhookUrl.endsWith(request.url)).flatMap(row => row.secrets)
  if (secret.length > 0) return verifySignature({ headers: request.headers, body, secret })
  return {
    ok: false,
    reason: 'missing_signature',
    detail: 'No webhook points to this inbox, so there is no secret.',
  }
}

function shown({ headers }: FastifyRequest, body: Buffer, verdict: Verification, status: number): Received {
  return {
    id: randomUUID(),
    received_at: new Date().toISOString(),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
    ),
    body: body.subarray(0, KEPT_BODY).toString('utf8'),
    verdict: {
      ok: verdict.ok,
      scheme: verdict.ok ? verdict.scheme : null,
      detail: verdict.ok ? null : verdict.detail,
    },
    answered: status,
  }
}
