/** The HTTP API: it answers from the store, asks the engine by command, and owns no state. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RawServerDefault,
} from 'fastify'
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import type { Guard } from '../delivery/guard.ts'
import type { Sender } from '../delivery/send.ts'
import type { Store } from '../store/store.ts'
import type { Commands } from '../stream/commands.ts'
import type { Feed } from '../stream/feed.ts'
import type { Lane } from '../stream/lane.ts'
import { accountPasswordRoute } from './account-password.ts'
import { answerBrokenHttp, answerBrokenUrl, answerErrors } from './answer-errors.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { asyncApiRoute } from './asyncapi.ts'
import { createCookie } from './auth/cookie.ts'
import { createSupabaseTokens } from './auth/supabase-tokens.ts'
import { authenticate, type Caller } from './authenticate.ts'
import { catalogRoutes } from './catalog.ts'
import { dashboardPages } from './dashboard.ts'
import { deadLetterRoutes } from './dead-letters.ts'
import { deliveryRoutes } from './deliveries.ts'
import { deliveryCancelRoute } from './delivery-cancel.ts'
import { docsPage } from './docs-page.ts'
import { eventRoutes } from './events.ts'
import { markEveryResponse, requestId } from './every-response.ts'
import { healthRoutes } from './health.ts'
import { keepIdempotent } from './idempotency.ts'
import { createInbox } from './inbox.ts'
import { linkingRoutes } from './linking.ts'
import { type LiveLimits, liveRoute } from './live.ts'
import { authModeRoute, meRoutes } from './me.ts'
import { type MediaLinks, mediaRoute } from './media.ts'
import { memberRoutes } from './members.ts'
import { messageRoutes } from './messages.ts'
import { metricsRoute } from './metrics.ts'
import { describeRoutes } from './openapi.ts'
import type { OutgoingFileDeps } from './outgoing-file.ts'
import { overviewRoute } from './overview.ts'
import { limitRate } from './rate-limit.ts'
import { replayRoutes } from './replays.ts'
import { readJsonBodies } from './request-body.ts'
import { retryPreviewRoute } from './retry-preview.ts'
import { sandboxContactRoutes } from './sandbox-contacts.ts'
import { sandboxGroupRoutes } from './sandbox-groups.ts'
import type { SandboxNetwork } from './sandbox-network.ts'
import { sandboxPhoneRoutes } from './sandbox-phone.ts'
import { enforceScopes } from './scopes.ts'
import { sessionFiguresRoute } from './session-figures.ts'
import { sessionRoutes } from './sessions.ts'
import { type GatewaySettings, settingsRoute } from './settings.ts'
import { signInRoutes } from './sign-in.ts'
import { signInsRoutes } from './sign-ins.ts'
import { noQuery, validate } from './validate.ts'
import { webhookSecretRoutes } from './webhook-secret.ts'
import { webhookTestRoute } from './webhook-test.ts'
import { webhookUrlCheckRoute } from './webhook-url-check.ts'
import { webhookRoutes } from './webhooks.ts'

/** A request line and headers: Node's own default, said here because the 431 names it. */
const HEADER_LIMIT_BYTES = 16_384
/** From the first byte of a request to its last; a mebibyte takes a second even on a slow line. */
const REQUEST_TIMEOUT_MS = 60_000
/** Commands and test requests end by themselves within 30 s, so what takes longer waits for a database that hangs. */
const HANDLER_TIMEOUT_MS = 45_000
/** How long running requests may finish when the gateway stops. */
const DRAIN_MS = 5_000

/** What the routes need from the rest of the gateway. */
export type ApiDeps = {
  store: Pick<
    Store,
    | 'profiles'
    | 'accounts'
    | 'signIns'
    | 'signInTries'
    | 'apiKeys'
    | 'sessions'
    | 'webhooks'
    | 'events'
    | 'deliveries'
    | 'replays'
    | 'idempotency'
    | 'backlog'
    | 'overview'
    | 'health'
  >
  commands: Pick<Commands, 'call'>
  /** Hears of redeliveries, so that they are attempted at once. */
  lane: Pick<Lane, 'announce'>
  /** What happens now, for GET /live. */
  feed: Pick<Feed, 'listen'>
  /** Makes the request of the Test button: the same one the dispatcher makes. */
  sender: Pick<Sender, 'send'>
  guard: Pick<Guard, 'checkUrl'>
  /** The folder with the dashboard's built files; the first to ask may wait for the build. */
  dashboard: () => Promise<string>
  /** The page of GET /metrics, in the Prometheus text format. */
  metrics: () => Promise<string>
  log: Logger
  /** Where clients reach this API, without a trailing slash, when the operator has said so; null: wherever it was asked. */
  publicUrl: string | null
  /** The Supabase project that knows the people; null: they sign in here. */
  supabaseUrl: string | null
  version: string
  networks: { sandbox: boolean }
  /** The simulated network, to be moved by its owner; null: this gateway runs none. */
  sandbox: SandboxNetwork | null
  /** What files that are to be sent need. */
  outgoing: OutgoingFileDeps
  /** Where the links in `media.url` lead. */
  media: MediaLinks
  /** What the page of settings shows of the configuration. */
  settings: GatewaySettings
  /** The largest request body, in bytes; a larger one is answered 413. */
  maxPayloadBytes: number
  /** Requests a minute of one caller; 0: no limit. */
  rateLimit: number
  /** Narrower bounds, for tests. */
  limits?: { live?: Partial<LiveLimits> }
}

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** The API without a listening socket. `startApi` listens; `describeApi` only reads its document. */
export async function buildApi(deps: ApiDeps): Promise<Api> {
  const app: Api = Fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    // Our own line per request is in every-response.ts.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestId,
    bodyLimit: deps.maxPayloadBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    handlerTimeout: HANDLER_TIMEOUT_MS,
    http: { maxHeaderSize: HEADER_LIMIT_BYTES },
    frameworkErrors: answerBrokenUrl,
    clientErrorHandler: answerBrokenHttp,
  }).withTypeProvider<ZodTypeProvider>()

  app.setValidatorCompiler(validate)
  app.setSerializerCompiler(serializerCompiler)
  app.decorateRequest('profileId', '')
  // Without authentication nobody is asking, and nobody has a scope.
  app.decorateRequest('caller', null as unknown as Caller)
  markEveryResponse(app, deps)
  readJsonBodies(app)
  dashboardPages(app, deps)
  answerErrors(app)
  await describeRoutes(app, deps)
  asyncApiRoute(app, deps)
  docsPage(app)

  const { store, publicUrl, supabaseUrl } = deps
  const cookie = supabaseUrl === null ? createCookie(publicUrl?.startsWith('https:') ?? false) : null
  const tokens = supabaseUrl === null ? null : createSupabaseTokens(supabaseUrl)
  await app.register(
    async (scope: Api) => {
      refuseQueries(scope)
      authModeRoute(scope, deps)
      if (cookie) signInRoutes(scope, { ...deps, cookie })
    },
    { prefix: '/api/v1' },
  )
  const inbox = createInbox(deps)
  await app.register(
    async (scope: Api) => {
      authenticate(scope, { ...store, cookie, tokens, publicUrl })
      limitRate(scope, { limit: deps.rateLimit })
      enforceScopes(scope)
      keepIdempotent(scope, store.idempotency)
      refuseQueries(scope)
      meRoutes(scope, deps)
      if (cookie) {
        accountPasswordRoute(scope, deps)
        signInsRoutes(scope, deps)
        memberRoutes(scope, deps)
      }
      sessionRoutes(scope, deps)
      sessionFiguresRoute(scope, deps)
      linkingRoutes(scope, deps)
      messageRoutes(scope, deps)
      webhookRoutes(scope, deps)
      webhookSecretRoutes(scope, deps)
      webhookTestRoute(scope, deps)
      retryPreviewRoute(scope)
      webhookUrlCheckRoute(scope, deps)
      eventRoutes(scope, deps)
      catalogRoutes(scope)
      deliveryRoutes(scope, deps)
      deliveryCancelRoute(scope, deps)
      deadLetterRoutes(scope, deps)
      replayRoutes(scope, deps)
      overviewRoute(scope, deps)
      apiKeyRoutes(scope, deps)
      inbox.routes(scope)
      settingsRoute(scope, deps)
      liveRoute(scope, deps)
      sandboxContactRoutes(scope, deps)
      sandboxGroupRoutes(scope, deps)
      sandboxPhoneRoutes(scope, deps)
    },
    { prefix: '/api/v1' },
  )
  inbox.receiver(app)
  mediaRoute(app, deps)
  healthRoutes(app, deps)
  metricsRoute(app, deps)
  await app.ready()
  return app
}

/** A route takes no query but the one it names. */
function refuseQueries(scope: Api): void {
  scope.addHook('onRoute', route => {
    route.schema = { querystring: noQuery, ...route.schema }
  })
}

/** Listens and answers. `port` 0 takes a free one; `url` is where it listens; `stop` lets running requests finish for 5 s. */
export async function startApi(
  a: ApiDeps & { host: string; port: number },
): Promise<{ url: string; stop(): Promise<void> }> {
  const app = await buildApi(a)
  const url = await app.listen({ host: a.host, port: a.port })
  return { url: reachable(url), stop: () => drain(app) }
}

/** Where a browser on this machine finds a server that listens everywhere. */
function reachable(url: string): string {
  return url.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//127.0.0.1')
}

async function drain(app: Api): Promise<void> {
  const tooLong = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS)
  await app.close()
  clearTimeout(tooLong)
}
