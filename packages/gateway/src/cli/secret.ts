import { type GatewayOptions, withGateway } from './running-gateway.ts'
import type { Ending, Voice } from './verb.ts'

const flags = { '/overlap': '--overlap', webhook_not_found: '--webhook' }

/** Replaces the signing secret of a webhook; the old one signs beside it during the overlap. */
export function rotateSecret(
  voice: Voice,
  options: GatewayOptions & { webhook: string; overlap: string },
): Promise<Ending> {
  return withGateway(options, async gateway => {
    const { overlap, webhook } = options
    const path = `/webhooks/${encodeURIComponent(webhook)}/secret/rotate`
    const { secret, previous_valid_until } = await gateway.call('POST', path, { overlap }, flags)
    voice.tell({ ok: true, webhook_id: webhook, secret, previous_valid_until })
    voice.say(`New secret: ${secret}`)
    voice.say(
      overlap === '0'
        ? 'The old one signs no more. Give the new one to the receiver now.'
        : `The old one signs beside it until ${previous_valid_until}. Give the new one to the receiver before.`,
    )
    return { ok: true }
  })
}
