/** First attempts and those a person asked for are `urgent`; `size` is about the bytes it holds while it waits. */
export type Waiting = { webhookId: string; urgent: boolean; size: number }

export type Turns<W extends Waiting> = {
  /** False: no room. The caller leaves the delivery to the database. What one endpoint can attempt at once has room in any crowd. */
  offer(item: W): boolean
  /** The next to attempt now, whose slot it has from here on; null when nothing may start. */
  take(): W | null
  /** The attempt ended: its slot and its endpoint's share are free. */
  done(item: W): void
  /** An endpoint that may not begin an attempt (`mayBegin`) is not asked again before this. */
  resume(webhookId: string): void
  /** Everything not yet taken, forgotten here. */
  drain(): W[]
  /** What of one endpoint is not yet taken and is such, forgotten here. */
  withdraw(webhookId: string, isSuch: (item: W) => boolean): W[]
  waiting(): number
  running(): number
  /** How many more of any endpoints could be taken in. */
  room(): number
  /** Webhooks that have no room, and those that had none and have not emptied half of it since. */
  full(): string[]
  /** How many more of this one could be taken in. */
  roomOf(webhookId: string): number
}

/**
 * Of all slots, kept free of automatic retries, and of endpoints that have slots already: a storm of retries may not keep new
 * events waiting, nor many receivers that hang the ones that live.
 */
const shareKeptFree = 0.2
/** Of all slots, for one endpoint at most: one hanging receiver may not hold everything up. */
const shareOfOneEndpoint = 0.1
/** Full backlogs held in memory at the same time; what is more waits in the database, but for a few of each endpoint. */
const fullBacklogs = 10
/** Nor may they hold more than this: an ordinary body has half a kilobyte, the largest a megabyte. */
const maxWaitingBytes = 64 * 1024 * 1024

type Kind = 'urgent' | 'later'
type Endpoint<W> = {
  id: string
  running: number
  /** It was told to wait (`mayBegin`) and stands in no ring until it is resumed. */
  resting: boolean
  queues: Record<Kind, W[]>
  /** Stands in that ring already. */
  inRing: Record<Kind, boolean>
}

/**
 * Who is attempted next. Endpoints take turns, each within its own cap and its own bounded backlog, so that
 * one which hangs holds its own share of the slots and nothing else. Two rings, one of endpoints with urgent
 * work and one with automatic retries, are served alternately. Retries never fill the last fifth of the slots, and of it
 * an endpoint gets one slot at most.
 */
export function createTurns<W extends Waiting>(a: {
  slots: number
  perEndpoint: number
  backlog: number
  /** An endpoint that was full, or the whole, has come down to half: worth asking the database for more. */
  onRoom?: () => void
  /** Asked just before an attempt begins. False: the endpoint rests until it is resumed. */
  mayBegin?: (webhookId: string) => boolean
  /** The backlog of an endpoint that has less than the usual one; null: the usual one. */
  backlogOf?: (webhookId: string) => number | null
}): Turns<W> {
  const cap = Math.max(1, Math.min(a.perEndpoint, Math.floor(a.slots * shareOfOneEndpoint)))
  const slotsFor: Record<Kind, number> = {
    urgent: a.slots,
    later: Math.max(1, a.slots - Math.ceil(a.slots * shareKeptFree)),
  }
  const endpoints = new Map<string, Endpoint<W>>()
  const rings: Record<Kind, Endpoint<W>[]> = { urgent: [], later: [] }
  const running: Record<Kind, number> = { urgent: 0, later: 0 }
  const full = new Set<string>()
  const allFull = a.backlog * fullBacklogs
  let crowded = false
  let waiting = 0
  let waitingBytes = 0
  let turn: Kind = 'urgent'

  const kindOf = (item: W): Kind => (item.urgent ? 'urgent' : 'later')
  const backlogOf = ({ queues }: Endpoint<W>) => queues.urgent.length + queues.later.length
  const mostOf = (webhookId: string) => Math.min(a.backlog, a.backlogOf?.(webhookId) ?? a.backlog)
  const noRoom = () => waiting >= allFull || waitingBytes >= maxWaitingBytes
  const allRunning = () => running.urgent + running.later

  function endpointOf(webhookId: string): Endpoint<W> {
    let endpoint = endpoints.get(webhookId)
    if (endpoint === undefined) {
      endpoint = {
        id: webhookId,
        running: 0,
        resting: false,
        queues: { urgent: [], later: [] },
        inRing: { urgent: false, later: false },
      }
      endpoints.set(webhookId, endpoint)
    }
    return endpoint
  }

  /** An endpoint stands in a ring exactly while it has such work, is below its cap and need not rest. */
  function lineUp(endpoint: Endpoint<W>): void {
    if (endpoint.resting) return
    for (const kind of ['urgent', 'later'] as const) {
      if (endpoint.inRing[kind] || endpoint.queues[kind].length === 0 || endpoint.running >= cap) continue
      endpoint.inRing[kind] = true
      rings[kind].push(endpoint)
    }
  }

  function noteRoom(endpoint: Endpoint<W>): void {
    const emptied = full.has(endpoint.id) && backlogOf(endpoint) <= mostOf(endpoint.id) / 2
    const thinned = crowded && waiting <= allFull / 2 && waitingBytes <= maxWaitingBytes / 2
    if (emptied) full.delete(endpoint.id)
    if (thinned) crowded = false
    if (emptied || thinned) a.onRoom?.()
  }

  /** Asked only when there is work and room for it: the answer may cost the endpoint a token. */
  function begins(endpoint: Endpoint<W>): boolean {
    endpoint.resting = !(a.mayBegin?.(endpoint.id) ?? true)
    return !endpoint.resting
  }

  /** The next in the ring that may begin an attempt. While few slots are left, those that have one keep their place and wait. */
  function nextIn(kind: Kind): Endpoint<W> | null {
    const fewLeft = allRunning() >= slotsFor.later
    for (let unseen = rings[kind].length; unseen > 0; unseen--) {
      const endpoint = rings[kind].shift() as Endpoint<W>
      // It may have reached its cap or its rest through the other ring; `done` or `resume` line it up again.
      const ready = endpoint.running < cap && !endpoint.resting && endpoint.queues[kind].length > 0
      if (ready && fewLeft && endpoint.running > 0) rings[kind].push(endpoint)
      else {
        endpoint.inRing[kind] = false
        if (ready && begins(endpoint)) return endpoint
      }
    }
    return null
  }

  function takeFrom(kind: Kind): W | null {
    if (allRunning() >= a.slots || (kind === 'later' && running.later >= slotsFor.later)) return null
    const endpoint = nextIn(kind)
    const item = endpoint?.queues[kind].shift()
    if (endpoint === null || item === undefined) return null
    endpoint.running++
    running[kind]++
    waiting--
    waitingBytes -= item.size
    lineUp(endpoint)
    noteRoom(endpoint)
    return item
  }

  return {
    offer(item) {
      if (waitingBytes >= 2 * maxWaitingBytes) return false
      const endpoint = endpointOf(item.webhookId)
      const most = mostOf(item.webhookId)
      if (backlogOf(endpoint) >= (noRoom() ? Math.min(cap, most) : most)) return false
      endpoint.queues[kindOf(item)].push(item)
      waiting++
      waitingBytes += item.size
      if (backlogOf(endpoint) >= most) full.add(endpoint.id)
      if (noRoom()) crowded = true
      lineUp(endpoint)
      return true
    },
    take() {
      const other: Kind = turn === 'urgent' ? 'later' : 'urgent'
      const item = takeFrom(turn) ?? takeFrom(other)
      turn = other
      return item
    },
    done(item) {
      const endpoint = endpointOf(item.webhookId)
      endpoint.running--
      running[kindOf(item)]--
      if (endpoint.running === 0 && backlogOf(endpoint) === 0) endpoints.delete(item.webhookId)
      else lineUp(endpoint)
    },
    resume(webhookId) {
      const endpoint = endpoints.get(webhookId)
      if (endpoint === undefined) return
      endpoint.resting = false
      lineUp(endpoint)
    },
    drain() {
      const left = [...endpoints.values()].flatMap(({ queues }) => [...queues.urgent, ...queues.later])
      for (const endpoint of endpoints.values()) {
        endpoint.queues = { urgent: [], later: [] }
        endpoint.inRing = { urgent: false, later: false }
      }
      rings.urgent = []
      rings.later = []
      full.clear()
      crowded = false
      waiting = 0
      waitingBytes = 0
      return left
    },
    withdraw(webhookId, isSuch) {
      const endpoint = endpoints.get(webhookId)
      if (endpoint === undefined) return []
      const { urgent, later } = endpoint.queues
      const withdrawn = [...urgent, ...later].filter(isSuch)
      const stays = (item: W) => !isSuch(item)
      endpoint.queues = { urgent: urgent.filter(stays), later: later.filter(stays) }
      waiting -= withdrawn.length
      for (const item of withdrawn) waitingBytes -= item.size
      if (endpoint.running === 0 && backlogOf(endpoint) === 0) endpoints.delete(webhookId)
      noteRoom(endpoint)
      return withdrawn
    },
    waiting: () => waiting,
    running: allRunning,
    room: () => (noRoom() ? 0 : allFull - waiting),
    full: () => [...full],
    roomOf(webhookId) {
      const endpoint = endpoints.get(webhookId)
      return Math.max(0, mostOf(webhookId) - (endpoint === undefined ? 0 : backlogOf(endpoint)))
    },
  }
}
