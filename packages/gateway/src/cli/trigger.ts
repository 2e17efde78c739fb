import { type EventType, isEventType, matches } from '@waxwing/events'
import { type Gateway, type GatewayOptions, type Json, withGateway } from './running-gateway.ts'
import type { Ending, Voice } from './verb.ts'

const flags = { '/event_type': '<type>', webhook_not_found: '--webhook' }

/** Sends the catalog's sample of a type to one webhook, or to every enabled one that subscribes to the type. */
export async function trigger(
  voice: Voice,
  options: GatewayOptions & { webhook?: string },
  [type = '']: readonly string[],
): Promise<Ending> {
  if (!isEventType(type))
    return {
      ok: false,
      problem: `the catalog has no "${type}".`,
      next: '"npx waxwing events" prints the types.',
    }
  return withGateway(options, async gateway => {
    const ids = options.webhook === undefined ? await subscribersOf(gateway, type) : [options.webhook]
    if (ids.length === 0)
      return {
        ok: false,
        problem: `no enabled webhook subscribes to ${type}.`,
        next: 'Subscribe one, or send it to any webhook with --webhook ID.',
      }
    const failed: Json[] = []
    for (const id of ids) {
      const path = `/webhooks/${encodeURIComponent(id)}/test`
      const result = await gateway.call('POST', path, { event_type: type }, flags)
      if (result.error_class !== null) failed.push(result)
      voice.tell({ webhook_id: id, ...result })
      voice.say(`${result.request.url}  ${inWords(result)}`)
    }
    if (failed.length === 0) return { ok: true }
    return {
      ok: false,
      problem: `${failed.length} of ${ids.length} did not take it: ${failed[0].error_message}.`,
      next: failed[0].hint ?? 'Look at the receiver.',
    }
  })
}

function inWords({ status, duration_ms, error_class }: Json): string {
  const outcome = error_class === null ? 'delivered' : `failed (${error_class})`
  return `${outcome}${status === null ? '' : `, ${status}`} in ${Math.round(duration_ms)} ms`
}

async function subscribersOf(gateway: Gateway, type: EventType): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: Json = await gateway.call(
      'GET',
      `/webhooks?limit=250${cursor === null ? '' : `&cursor=${cursor}`}`,
    )
    for (const one of page.data) if (one.enabled && matches(one.subscribed_events, type)) ids.push(one.id)
    cursor = page.pagination.next_cursor
  } while (cursor !== null)
  return ids
}
