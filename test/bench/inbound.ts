/**
 * How fast messages come in: a backlog waits at the simulated WhatsApp, the gateway starts and reads it, and the figure is
 * taken from the commit times of the events in PostgreSQL. Personal chats first, then a group. Nobody subscribes, so
 * nothing but reading, keeping and committing is measured; the simulator runs in this process, beside the gateway.
 * Bounded: `--messages` (default 2,000) of each kind. `--json` prints one line of JSON instead of a table.
 */
import { parseArgs } from 'node:util'
import { startWhatsApp } from '@waxwing/simulator'
import pg from 'pg'
import { testDatabase } from '../../packages/gateway/src/store/test-database.ts'
import { dataFolder, startGateway } from '../e2e/gateway.ts'
import { eventually, linkByQr } from '../e2e/journey.ts'

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '2000' }, json: { type: 'boolean', default: false } },
})
const total = Number(values.messages)
const speakers = 20

const folder = await dataFolder()
const database = await testDatabase()
const sql = new pg.Client({ connectionString: database.databaseUrl })
await sql.connect()
const whatsapp = await startWhatsApp()
const settings = {
  dataDir: folder.path,
  env: {
    DATABASE_URL: database.databaseUrl,
    ENCRYPTION_KEY: Buffer.alloc(32, 5).toString('base64'),
    WHATSAPP_URL: whatsapp.url,
    WHATSAPP_ROOT_KEY: whatsapp.rootKey,
  },
}
const phone = whatsapp.phone({ number: '15550100', name: 'Owner' })
const contacts = Array.from({ length: speakers }, (_, i) =>
  whatsapp.contact({ number: `155503${String(i).padStart(2, '0')}`, name: `C${i}` }),
)
const group = whatsapp.group({ subject: 'Bench', members: [phone, ...contacts] })

/** Messages a second from the first commit to the last, of the events committed after this moment. */
async function readBacklog(say: (index: number) => Promise<unknown>): Promise<number> {
  const known = await committed()
  for (let index = 0; index < total; index++) await say(index)
  const gateway = await startGateway(settings)
  await eventually('every message committed', async () => (await committed()).count >= known.count + total)
  await gateway.stop()
  const { rows } = await sql.query<{ seconds: number }>(
    `select extract(epoch from max(committed_at) - min(committed_at))::float8 as seconds
     from events where type = 'messages.received' and committed_at > $1`,
    [known.last],
  )
  return Math.round(total / (rows[0]?.seconds ?? Number.NaN))
}

async function committed(): Promise<{ count: number; last: Date }> {
  const { rows } = await sql.query<{ count: number; last: Date }>(
    `select count(*)::int as count, coalesce(max(committed_at), now()) as last
     from events where type = 'messages.received'`,
  )
  return rows[0] ?? { count: 0, last: new Date() }
}

try {
  const gateway = await startGateway(settings)
  await linkByQr(gateway, phone)
  await phone.whenAcknowledged()
  await gateway.stop()
  const speaker = (index: number) => contacts[index % speakers] ?? contacts[0]
  const figures = {
    messages: total,
    personal_per_second: await readBacklog(
      index => speaker(index)?.say(phone, `personal ${index}`) ?? Promise.resolve(),
    ),
    group_per_second: await readBacklog(
      index => speaker(index)?.sayIn(group, `group ${index}`) ?? Promise.resolve(),
    ),
  }
  if (values.json) console.log(JSON.stringify(figures))
  else console.table(figures)
} finally {
  await whatsapp.stop()
  await sql.end()
  await database.drop()
  await folder.remove()
}
