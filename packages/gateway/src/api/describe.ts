/** The OpenAPI document of this version, for docs/reference: no store, no socket. */
import { pino } from 'pino'
import { type ApiDeps, buildApi } from './api.ts'

/** Draws the document from the routes. Nothing of the gateway runs: whatever a route would need is absent. */
export async function describeApi({
  version,
  publicUrl = 'http://localhost:3000',
}: {
  version: string
  publicUrl?: string
}): Promise<object> {
  const absent = new Proxy({}, { get: () => absent }) as ApiDeps
  const { store, commands, lane, feed, sender, guard, dashboard, settings, metrics, media, outgoing } = absent
  const app = await buildApi({
    store,
    commands,
    lane,
    feed,
    sender,
    guard,
    dashboard,
    settings,
    metrics,
    media,
    outgoing,
    log: pino({ level: 'silent' }),
    publicUrl,
    supabaseUrl: null,
    version,
    networks: { sandbox: true },
    sandbox: null,
    maxPayloadBytes: 1_048_576,
    rateLimit: 6_000,
  })
  const document = app.swagger()
  await app.close()
  return document
}
