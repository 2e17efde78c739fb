import { useNavigate } from '@tanstack/react-router'
import { useRef } from 'react'
import { useRead } from '../../query.ts'
import { Button } from '../../ui/button.tsx'
import { Choice, TextField } from '../../ui/field.tsx'
import { type DeliverySearch, errors, isFiltered, ranges, statuses } from './search.ts'

export const searchFieldId = 'search-deliveries'

/** Every filter stands in the address, so that a view can be sent to a colleague. */
export function Filters({ search, set }: { search: DeliverySearch; set: (change: DeliverySearch) => void }) {
  const webhooks = useRead('listWebhooks', { query: { limit: 250 } })
  const sessions = useRead('listSessions', { query: { limit: 250 } })
  const catalog = useRead('listEventTypes', {})
  const navigate = useNavigate()
  const field = useRef<HTMLInputElement>(null)
  const find = (id: string) => {
    if (/^[0-9a-f-]{36}$/i.test(id.trim())) set({ of: id.trim() })
    else if (id === '') set({ of: undefined })
  }
  const choose = <K extends keyof DeliverySearch>(key: K) => ({
    label: labels[key] ?? key,
    silent: true,
    value: String(search[key] ?? ''),
    onChange: ({ target }: { target: { value: string } }) =>
      set({ [key]: target.value === '' ? undefined : key === 'code' ? Number(target.value) : target.value }),
  })
  return (
    <div className="mb-3 grid grid-cols-2 gap-2 sm:flex sm:flex-wrap sm:[&>*]:w-auto">
      <div className="col-span-2 sm:!w-44">
        <TextField
          ref={field}
          id={searchFieldId}
          label="Event id"
          silent
          type="search"
          placeholder="Paste an event id"
          defaultValue={search.of ?? ''}
          key={search.of ?? ''}
          onChange={({ target }) => find(target.value)}
          className="font-mono text-sm"
        />
      </div>
      <Choice {...choose('status')} options={[['', 'Any status'], ...statuses.map(s => [s, s] as const)]} />
      <Choice
        {...choose('webhook')}
        options={[
          ['', 'Any webhook'],
          ...(webhooks.data?.data ?? []).map(({ id, name }) => [id, name] as const),
        ]}
        className="sm:max-w-36"
      />
      <Choice
        {...choose('event')}
        options={[['', 'Any event'], ...(catalog.data?.data ?? []).map(({ type }) => [type, type] as const)]}
        className="sm:max-w-36"
      />
      <Choice
        {...choose('session')}
        options={[
          ['', 'Any session'],
          ...(sessions.data?.data ?? []).map(({ id, name }) => [id, name] as const),
        ]}
        className="sm:max-w-36"
      />
      <Choice
        {...choose('error')}
        options={[['', 'Any failure'], ...errors.map(e => [e, e] as const)]}
        className="sm:max-w-34"
      />
      <Choice
        {...choose('since')}
        options={[['', 'Any time'], ...ranges.map(r => [r, `Last ${r}`] as const)]}
      />
      {isFiltered(search) && (
        <Button
          variant="quiet"
          size="md"
          onClick={() => navigate({ to: '/deliveries', search: { live: search.live }, replace: true })}
        >
          Clear filters
        </Button>
      )}
    </div>
  )
}

const labels: Partial<Record<keyof DeliverySearch, string>> = {
  status: 'Status',
  webhook: 'Webhook',
  event: 'Event',
  session: 'Session',
  error: 'Failure',
  since: 'Time',
}
