import { useNavigate } from '@tanstack/react-router'
import { useRef } from 'react'
import { call } from '../../api.ts'
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
  const find = async (pasted: string) => {
    const id = pasted.trim()
    if (id === '') return set({ of: undefined })
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return
    const isEvent = await call('getEvent', { params: { id } }).then(
      () => true,
      () => false,
    )
    if (isEvent) set({ of: id })
    else navigate({ to: '/deliveries/$id', params: { id } })
  }
  const choose = <K extends keyof DeliverySearch>(key: K) => ({
    label: labels[key] ?? key,
    silent: true,
    value: String(search[key] ?? ''),
    onChange: ({ target }: { target: { value: string } }) =>
      set({ [key]: target.value === '' ? undefined : target.value }),
  })
  return (
    <div className="mb-3 grid grid-cols-2 gap-2 sm:flex sm:flex-wrap sm:[&>*]:w-auto">
      <div className="col-span-2 sm:!w-44">
        <TextField
          ref={field}
          id={searchFieldId}
          label="Event or delivery id"
          silent
          type="search"
          placeholder="Paste an id"
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
        label="Answer"
        silent
        value={search.code ? String(search.code) : (search.error ?? '')}
        onChange={({ target: { value } }) => set(answerFilter(value))}
        options={[
          ['', 'Any answer'],
          ...errors.map(e => [e, e] as const),
          ...codes.map(code => [String(code), `HTTP ${code}`] as const),
        ]}
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

/** Those that receivers answer with; any other stands in the address all the same. */
const codes = [200, 400, 401, 403, 404, 410, 429, 500, 502, 503, 504]

/** A class of failures or a status: never both, for a status says more. */
function answerFilter(value: string): DeliverySearch {
  const code = Number(value)
  if (value !== '' && Number.isInteger(code)) return { code, error: undefined }
  return { code: undefined, error: errors.find(known => known === value) }
}

const labels: Partial<Record<keyof DeliverySearch, string>> = {
  status: 'Status',
  webhook: 'Webhook',
  event: 'Event',
  session: 'Session',
  since: 'Time',
}
