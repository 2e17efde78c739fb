import { KeyRound, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api.ts'
import type { ApiKey } from '../../operations.ts'
import { queryClient, usePages } from '../../query.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmButton } from '../../ui/confirm.tsx'
import { Empty, Listing } from '../../ui/list-states.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Pill } from '../../ui/pill.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { Ago, useNow } from '../../ui/time.tsx'
import { NewKey } from './new-key.tsx'

/** Keys for programs. */
export function ApiKeys() {
  const list = usePages('listApiKeys', {}, { every: 30_000, limit: 250 })
  const [creating, setCreating] = useState(false)
  return (
    <Page
      title="API keys"
      description="For programs. Only the hash of a key is kept, so it is shown once."
      actions={
        <Button variant="solid" icon={<Plus />} onClick={() => setCreating(true)}>
          New key
        </Button>
      }
    >
      <Card flush>
        <Listing
          read={list}
          count={list.items.length}
          rows={3}
          empty={
            <Empty
              title="No key yet."
              action={
                <Button variant="solid" icon={<KeyRound />} onClick={() => setCreating(true)}>
                  New key
                </Button>
              }
            >
              Make one for each program that calls the API, with no more rights than it needs.
            </Empty>
          }
        >
          <ul className="divide-y divide-line">
            {list.items.map(key => (
              <Row key={key.id} apiKey={key} />
            ))}
          </ul>
        </Listing>
      </Card>
      <SameWithApi
        operation="createApiKey"
        input={{ body: { name: 'My program', scopes: ['read', 'write'] } }}
      />
      <NewKey open={creating} onClose={() => setCreating(false)} />
    </Page>
  )
}

function Row({
  apiKey: { id, name, prefix, scopes, expires_at, last_used_at, created_at },
}: {
  apiKey: ApiKey
}) {
  const isOver = expires_at !== null && Date.parse(expires_at) < useNow()
  return (
    <li className="flex flex-wrap items-center gap-x-5 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-48">
        <p className="font-medium">{name}</p>
        <p className="font-mono text-xs text-soft">{prefix}…</p>
      </div>
      <div className="flex w-40 flex-wrap gap-1">
        {scopes.map(scope => (
          <Pill key={scope} tone={scope === 'admin' ? 'warn' : 'quiet'} dot={false}>
            {scope}
          </Pill>
        ))}
      </div>
      <p className="w-44 text-sm text-soft">
        {last_used_at ? (
          <>
            used <Ago at={last_used_at} />
          </>
        ) : (
          'never used'
        )}
        <br />
        <span className="text-faint">
          {isOver ? (
            <span className="text-bad">expired</span>
          ) : expires_at ? (
            <>
              expires <Ago at={expires_at} />
            </>
          ) : (
            <>
              made <Ago at={created_at} />
            </>
          )}
        </span>
      </p>
      <ConfirmButton
        label="Revoke"
        icon={<Trash2 />}
        title={`Revoke ${name}?`}
        action="Revoke the key"
        run={async () => {
          await call('deleteApiKey', { params: { id } })
          await queryClient.invalidateQueries({ queryKey: ['listApiKeys'] })
        }}
      >
        {last_used_at ? (
          <>
            It was used <Ago at={last_used_at} />.{' '}
          </>
        ) : (
          'It was never used. '
        )}
        Whatever has it is refused from now on. This cannot be undone.
      </ConfirmButton>
    </li>
  )
}
