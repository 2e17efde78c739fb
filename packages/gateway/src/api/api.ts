/** The HTTP API: it answers from the store, asks the engine by command, and owns no state. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import type { Guard } from '../delivery/guard.ts'
import type { Sender } from '../delivery/send.ts'
import type { Store } from '../store/store.ts'
import type { Commands } from '../stream/commands.ts'
import type { Lane } from '../stream/lane.ts'

/** What the routes need from the rest of the gateway. */
export type ApiDeps = {
  store: Pick<Store, 'apiKeys' | 'sessions' | 'webhooks' | 'events' | 'deliveries' | 'health'>
  commands: Pick<Commands, 'call'>
  /** Hears of redeliveries, so that they are attempted at once. */
  lane: Pick<Lane, 'announce'>
  /** Makes the request of the Test button: the same one the dispatcher makes. */
  sender: Pick<Sender, 'send'>
  guard: Pick<Guard, 'checkUrl'>
  log: Logger
  /** Where clients reach this API, without a trailing slash; printed in the document and on the page. */
  publicUrl: string
  version: string
  networks: { sandbox: boolean }
}

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** The API without a listening socket. `startApi` listens; `describeApi` only reads its document. */
export async function buildApi(_deps: ApiDeps): Promise<Api> {
  throw new Error('not written yet')
}

/** Listens and answers. `port` 0 takes a free one; `url` is where it listens; `stop` lets running requests finish for 5 s. */
export async function startApi(
  _deps: ApiDeps & { host: string; port: number },
): Promise<{ url: string; stop(): Promise<void> }> {
  throw new Error('not written yet')
}
