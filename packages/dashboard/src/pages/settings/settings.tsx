import type { Settings as Given } from '../../operations.ts'
import { useRead } from '../../query.ts'
import { Failed, Loading } from '../../ui/list-states.tsx'
import { Card, Facts, Page } from '../../ui/page.tsx'
import { Pill } from '../../ui/pill.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { duration } from '../../ui/time.tsx'
import { Account } from './account.tsx'
import { Appearance } from './appearance.tsx'
import { Browsers } from './browsers.tsx'
import { Members } from './members.tsx'

/** People, and what this gateway stands on. */
export function Settings() {
  const settings = useRead('getSettings', {}, { every: 10_000 })
  const me = useRead('getMe', {})
  const isPerson = me.data?.sign_in_id != null
  return (
    <Page title="Settings" narrow>
      <div className="space-y-4">
        {me.data && <Account me={me.data} />}
        {isPerson && <Browsers />}
        {isPerson && me.data?.role === 'owner' && <Members />}
        <Appearance />
        {settings.isError ? (
          <Failed error={settings.error} retry={settings.refetch} />
        ) : settings.data ? (
          <Gateway settings={settings.data} />
        ) : (
          <Loading />
        )}
      </div>
      <SameWithApi operation="getSettings" input={{}} />
    </Page>
  )
}

const lanes = {
  memory: 'in memory: one process',
  redis: 'Redis Streams',
} as const

function Gateway({ settings }: { settings: Given }) {
  const { version, public_url, database, fast_lane, retention, webhooks, sandbox, rate_limit, auth_mode } =
    settings
  return (
    <>
      <Card title="Storage" description="Set by the environment of the gateway.">
        <Facts
          rows={[
            [
              'Database',
              <span key="database" className="flex flex-wrap items-center gap-2">
                {database.kind === 'embedded' ? 'embedded Postgres' : 'Postgres server'}
                <Pill tone={database.ok ? 'good' : 'bad'}>
                  {database.ok ? `answers in ${duration(database.latency_ms)}` : 'does not answer'}
                </Pill>
              </span>,
            ],
            ['Fast lane', lanes[fast_lane]],
            ['Events', `kept for ${retention.events_days} days`],
            ['Deliveries', `kept for ${retention.deliveries_days} days`],
          ]}
        />
      </Card>
      <Card title="Webhooks">
        <Facts
          rows={[
            ['May go to', networksWord(webhooks.allowed_networks)],
            ['Timeout', duration(webhooks.timeout_ms)],
            [
              'Payload',
              `at most ${(webhooks.max_payload_bytes / 1_048_576).toLocaleString('en', { maximumFractionDigits: 1 })} MiB`,
            ],
          ]}
        />
      </Card>
      <Card title="Gateway">
        <Facts
          rows={[
            ['Version', version],
            ['Address', public_url ?? location.origin],
            ['People', auth_mode === 'local' ? 'sign in here' : 'sign in with Supabase'],
            ['Sandbox', sandbox ? 'on' : 'off'],
            [
              'Rate limit',
              rate_limit === 0
                ? 'none'
                : `${rate_limit.toLocaleString('en')} requests a minute of one caller`,
            ],
          ]}
        />
      </Card>
    </>
  )
}

function networksWord(networks: readonly string[]): string {
  const words: Record<string, string> = {
    public: 'the public internet',
    loopback: 'this machine',
    any: 'anywhere, private networks too',
  }
  return networks.map(name => words[name] ?? name).join(', ')
}
