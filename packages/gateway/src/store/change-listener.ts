import pg from 'pg'
import type { Logger } from 'pino'
import { connectionLimits } from './database.ts'

/** How long after a lost connection the next try is made. The poll of the epoch covers the time between. */
const reconnectMs = 5_000
/** How long a server may take to say goodbye, or to confirm that we listen. */
const goodbyeWithinMs = 1_000
const listenWithinMs = 10_000

/**
 * Calls back when another process has changed the webhooks, and once after each (re)connection, for what was said
 * meanwhile is lost. Needs a session-mode connection, as LISTEN does.
 */
export function listenForChanges(a: {
  databaseUrl: string
  channel: string
  /** What pg_stat_activity shows, before the word `listener`. */
  applicationName?: string
  onChange: () => void
  log: Logger
}): { stop(): Promise<void> } {
  let stopped = false
  let client: pg.Client | null = null
  let timer: NodeJS.Timeout | undefined

  async function connect(): Promise<void> {
    const own = new pg.Client({
      connectionString: a.databaseUrl,
      application_name: `${a.applicationName ?? 'waxwing'} listener`,
      query_timeout: listenWithinMs,
      ...connectionLimits,
    })
    client = own
    own.on('notification', a.onChange)
    own.on('error', error => a.log.warn({ err: error }, 'the listening database connection was lost'))
    own.once('end', () => client === own && reconnectLater())
    try {
      await own.connect()
      await own.query(`listen ${a.channel}`)
    } catch (error) {
      void hangUp(own) // a connection that hears nothing would stay open beside the next
      throw error
    }
    a.onChange()
  }

  function reconnectLater(): void {
    if (stopped) return
    clearTimeout(timer)
    timer = setTimeout(open, reconnectMs).unref()
  }

  function open(): void {
    connect().catch(error => {
      if (!stopped) a.log.warn({ err: error }, 'listening for changes is not possible now')
      reconnectLater()
    })
  }

  open()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      if (client !== null) await hangUp(client)
    },
  }
}

/** Ends a connection, whatever state it is in; one that does not answer keeps neither the caller nor the process. */
async function hangUp(client: pg.Client): Promise<void> {
  ;(client as pg.Client & { unref(): void }).unref() // the driver has it, its types do not
  await new Promise<void>(resolve => {
    const enough = setTimeout(resolve, goodbyeWithinMs)
    const done = () => {
      clearTimeout(enough)
      resolve()
    }
    client.end().then(done, done)
  })
}
