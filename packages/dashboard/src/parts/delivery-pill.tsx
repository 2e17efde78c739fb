import type { Delivery } from '../operations.ts'
import { Pill, type Tone } from '../ui/pill.tsx'

/** The stored status, and what it means when attempts are counted. */
export function deliveryWord({ status, attempts }: Pick<Delivery, 'status' | 'attempts'>): {
  text: string
  tone: Tone
} {
  switch (status) {
    case 'delivered':
      return { text: 'Delivered', tone: 'good' }
    case 'failed':
      return { text: 'Failed', tone: 'bad' }
    case 'cancelled':
      return { text: 'Cancelled', tone: 'quiet' }
    case 'pending':
      return attempts > 0 ? { text: 'Retrying', tone: 'warn' } : { text: 'Pending', tone: 'accent' }
  }
}

export function DeliveryPill({ delivery }: { delivery: Pick<Delivery, 'status' | 'attempts'> }) {
  const { text, tone } = deliveryWord(delivery)
  return <Pill tone={tone}>{text}</Pill>
}
