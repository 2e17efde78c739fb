import { call } from '../../api.ts'
import { counted } from '../../parts/words.ts'
import { queryClient, useRead } from '../../query.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmButton } from '../../ui/confirm.tsx'
import { Failed, Loading } from '../../ui/list-states.tsx'
import { Card } from '../../ui/page.tsx'
import { Pill } from '../../ui/pill.tsx'
import { Ago } from '../../ui/time.tsx'

const refresh = () => queryClient.invalidateQueries({ queryKey: ['listSignIns'] })

/** Where this account is signed in. */
export function Browsers() {
  const list = useRead('listSignIns', {}, { every: 30_000 })
  const others = list.data?.data.filter(({ current }) => !current) ?? []
  return (
    <Card
      flush
      title="Signed in"
      actions={
        others.length > 0 && (
          <ConfirmButton
            label="Sign the others out"
            title="Sign every other browser out?"
            action={`Sign ${counted(others.length, 'browser')} out`}
            run={async () => {
              await call('endOtherSignIns', {})
              await refresh()
            }}
          >
            {counted(others.length, 'browser')} will have to sign in again. This one stays.
          </ConfirmButton>
        )
      }
    >
      {list.isPending ? (
        <Loading rows={2} />
      ) : list.isError ? (
        <Failed error={list.error} retry={list.refetch} />
      ) : (
        <ul className="divide-y divide-line">
          {list.data.data.map(({ id, current, user_agent, address, last_seen_at }) => (
            <li key={id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
              <div className="min-w-0 flex-1 basis-52">
                <p className="flex items-center gap-2">
                  <span className="truncate">{browserWord(user_agent)}</span>
                  {current && <Pill tone="good">this one</Pill>}
                </p>
                <p className="text-sm text-soft">
                  {address} · seen <Ago at={last_seen_at} />
                </p>
              </div>
              {!current && (
                <Button onClick={() => call('endSignIn', { params: { id } }).then(refresh)}>Sign out</Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

/** `Firefox on Linux`; the whole text when it is none of the usual. */
function browserWord(agent: string | null): string {
  if (agent === null) return 'unknown browser'
  const browser = ['Firefox', 'Edg', 'OPR', 'HeadlessChrome', 'Chrome', 'Safari'].find(name =>
    agent.includes(name),
  )
  const system = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'Linux'].find(name =>
    agent.includes(name),
  )
  return browser && system
    ? `${browser.replace('Edg', 'Edge').replace('OPR', 'Opera')} on ${system}`
    : agent.slice(0, 80)
}
