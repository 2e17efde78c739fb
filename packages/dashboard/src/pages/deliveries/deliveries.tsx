import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { Pause, Play, RotateCcw } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { call } from '../../api.ts'
import { ReplayDialog } from '../../parts/replay-dialog.tsx'
import { requestCurl } from '../../parts/request-curl.ts'
import { queryClient, useRead } from '../../query.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { useCopy } from '../../ui/copy.tsx'
import { Complaint, Empty, Listing } from '../../ui/list-states.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { toast } from '../../ui/toast.tsx'
import { useMedia } from '../../ui/use-media.ts'
import { BulkRedeliver } from './bulk-redeliver.tsx'
import { DeliveryRow } from './delivery-row.tsx'
import { Filters, searchFieldId } from './filters.tsx'
import { useListKeys } from './list-keys.ts'
import { type DeliverySearch, isFiltered } from './search.ts'
import { useTail } from './tail.ts'

const route = getRouteApi('/deliveries')

/** What was sent where, and what became of it. */
export function Deliveries() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/deliveries' })
  const set = (change: DeliverySearch) => navigate({ search: { ...search, ...change }, replace: true })
  const live = search.live !== 'off'
  const [at, setAt] = useState(-1)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [replaying, setReplaying] = useState(false)
  const [refused, setRefused] = useState<unknown>(null)
  const { copy } = useCopy()
  // Moving through the list or choosing from it is reading it: nothing may jump.
  const paused = at >= 0 || chosen.size > 0
  const { pages, items, held, query } = useTail(search, { live, paused })
  const names = useWebhookNames()
  const current = items[at]

  const attempt = (work: () => Promise<void>) => {
    setRefused(null)
    work().catch(setRefused)
  }
  const choose = (id: string) =>
    setChosen(before => {
      const after = new Set(before)
      if (!after.delete(id)) after.add(id)
      return after
    })
  const release = () => {
    setAt(-1)
    setChosen(new Set())
    window.scrollTo({ top: 0 })
  }
  const list = useRef<HTMLDivElement>(null)
  const rowHeight = useMedia('(min-width: 48rem)') ? 44 : 58
  const rows = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: list.current?.offsetTop ?? 0,
    getItemKey: index => items[index]?.id ?? index,
  })
  // The rows are measured again when the window gets another shape.
  useEffect(() => rows.measure(), [rowHeight])

  const last = rows.getVirtualItems().at(-1)?.index ?? 0
  useEffect(() => {
    if (last >= items.length - 20 && pages.hasNextPage && !pages.isFetchingNextPage) pages.fetchNextPage()
  }, [last, items.length, pages.hasNextPage, pages.isFetchingNextPage, pages.fetchNextPage])

  const move = (step: number) => {
    const next = Math.max(0, Math.min(items.length - 1, at + step))
    setAt(next)
    rows.scrollToIndex(next, { align: 'auto' })
    const id = items[next]?.id
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-delivery="${id}"]`)?.focus())
  }
  useListKeys({
    j: () => move(1),
    k: () => move(-1),
    Escape: release,
    l: () => set({ live: live ? 'off' : undefined }),
    '/': () => document.getElementById(searchFieldId)?.focus(),
    ...(current
      ? {
          Enter: () => navigate({ to: '/deliveries/$id', params: { id: current.id } }),
          x: () => choose(current.id),
          r: () => attempt(() => redeliver(current.id)),
          c: () => attempt(() => copyCurl(current.id, copy)),
        }
      : {}),
  })

  return (
    <Page
      title="Deliveries"
      description="One event for one webhook, with every attempt. Newest first."
      actions={
        <>
          <Button
            aria-pressed={live}
            icon={live ? <Pause /> : <Play />}
            onClick={() => set({ live: live ? 'off' : undefined })}
          >
            {live ? 'Live' : 'Paused'}
          </Button>
          <Button icon={<RotateCcw />} onClick={() => setReplaying(true)}>
            Recover since…
          </Button>
        </>
      }
    >
      <Filters search={search} set={set} />
      {held > 0 && (
        <button
          type="button"
          onClick={release}
          className="sticky top-16 z-20 mx-auto mb-2 block rounded-full bg-solid px-3 py-1 text-sm text-on-solid shadow-float lg:top-3"
        >
          {held} new
        </button>
      )}
      {chosen.size > 0 && <BulkRedeliver ids={[...chosen]} done={release} />}
      {refused !== null && (
        <div className="mb-2">
          <Complaint error={refused} />
        </div>
      )}
      <Card flush className="overflow-hidden">
        <Listing
          read={pages}
          rows={10}
          count={isFiltered(search) ? 1 : items.length}
          shown={items.length}
          clear={() => navigate({ search: { live: search.live }, replace: true })}
          empty={<NothingSent hasWebhook={names.size > 0} />}
        >
          <Heads
            all={chosen.size === items.length}
            some={chosen.size > 0}
            toggle={() => setChosen(chosen.size > 0 ? new Set() : new Set(items.map(({ id }) => id)))}
          />
          <div ref={list} className="relative" style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map(({ key, index, start, size }) => {
              const delivery = items[index]
              if (!delivery) return null
              return (
                <div
                  key={key}
                  className="absolute inset-x-0 top-0 border-b border-line"
                  style={{ height: size, transform: `translateY(${start - rows.options.scrollMargin}px)` }}
                >
                  <DeliveryRow
                    delivery={delivery}
                    webhookName={names.get(delivery.webhook_id) ?? 'deleted webhook'}
                    active={index === at}
                    selected={chosen.has(delivery.id)}
                    onSelect={() => choose(delivery.id)}
                    onFocus={() => setAt(index)}
                  />
                </div>
              )
            })}
          </div>
        </Listing>
      </Card>
      <SameWithApi operation="listDeliveries" input={{ query }} />
      <ReplayDialog open={replaying} onClose={() => setReplaying(false)} webhookId={search.webhook} />
    </Page>
  )
}

function NothingSent({ hasWebhook }: { hasWebhook: boolean }) {
  return (
    <Empty
      title="Nothing was sent yet."
      action={
        <LinkButton variant="solid" to={hasWebhook ? '/sandbox' : '/webhooks/new'}>
          {hasWebhook ? 'Make something happen in the sandbox' : 'New webhook'}
        </LinkButton>
      }
    >
      A delivery is made for each event that a webhook subscribes to
      {hasWebhook ? '. Nothing has happened since there is one.' : ', and there is no webhook.'}
    </Empty>
  )
}

function Heads({ all, some, toggle }: { all: boolean; some: boolean; toggle: () => void }) {
  return (
    <div className="grid h-9 grid-cols-[auto_1fr] items-center gap-x-3 border-b border-line bg-sunken px-4 text-xs font-medium text-soft md:grid-cols-[auto_6.5rem_minmax(0,2fr)_minmax(0,1.4fr)_7.5rem_4rem_5rem_5rem]">
      <Checkbox label="Select all that are loaded" checked={all} mixed={some && !all} onChange={toggle} />
      <span>Status</span>
      {['Event', 'Webhook', 'Answer', 'Attempts', 'Next', 'When'].map(name => (
        <span key={name} className="hidden last:justify-self-end md:block">
          {name}
        </span>
      ))}
    </div>
  )
}

function useWebhookNames(): ReadonlyMap<string, string> {
  const { data } = useRead('listWebhooks', { query: { limit: 250 } })
  return new Map(data?.data.map(({ id, name }) => [id, name]))
}

async function redeliver(id: string): Promise<void> {
  await call('redeliver', { params: { id } })
  await queryClient.invalidateQueries({ queryKey: ['listDeliveries'] })
  toast('It goes out again now')
}

async function copyCurl(id: string, copy: (text: string) => Promise<void>): Promise<void> {
  const delivery = await call('getDelivery', { params: { id } })
  const webhook = await call('getWebhook', { params: { id: delivery.webhook_id } })
  const headers = delivery.attempt_log.at(-1)?.request_headers ?? { 'Content-Type': 'application/json' }
  await copy(requestCurl({ url: webhook.webhook_url, headers, body: JSON.stringify(delivery.payload) }))
  toast('Copied as cURL')
}
