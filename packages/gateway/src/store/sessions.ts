import type { SessionStatus } from '@waxwing/events'
import { uuidv7 } from '@waxwing/events/event-id'
import { asUuid, type Database, json } from './database.ts'
import { heldLease } from './leases.ts'
import { below, type Page, type PageRequest, pageOf } from './page.ts'
import type { Witness } from './witness.ts'

export type SessionNetwork = 'whatsapp' | 'sandbox'

export type SessionRow = {
  id: string
  profileId: string
  name: string
  network: SessionNetwork
  status: SessionStatus
  /** A sentence for people: why the session is in this status. */
  reason: string | null
  /** True when waiting will not change the status and somebody has to act. */
  final: boolean
  phone: string | null
  lid: string | null
  pushName: string | null
  settings: Record<string, unknown>
  qr: string | null
  qrExpiresAt: Date | null
  /** Should be online; engines look for wanted sessions that nobody holds. */
  wanted: boolean
  connectedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

/** What the engine that holds the lease may say about its session. */
export type SessionPatch = Partial<
  Pick<
    SessionRow,
    'status' | 'reason' | 'final' | 'phone' | 'lid' | 'pushName' | 'qr' | 'qrExpiresAt' | 'connectedAt'
  >
>

export type Sessions = {
  create(a: {
    profileId: string
    name: string
    network: SessionNetwork
    settings?: Record<string, unknown>
  }): Promise<SessionRow>
  get(profileId: string, id: string): Promise<SessionRow | null>
  /** Without tenancy: for the engine, never for a request of a user. */
  find(id: string): Promise<SessionRow | null>
  /** Newest first. */
  list(a: { profileId: string } & PageRequest): Promise<Page<SessionRow>>
  update(
    profileId: string,
    id: string,
    change: { name?: string; settings?: Record<string, unknown> },
  ): Promise<SessionRow | null>
  /** Also forgets its credentials, keys and lease. False when there was no such session. */
  remove(profileId: string, id: string): Promise<boolean>
  setWanted(id: string, wanted: boolean): Promise<void>
  /** False: the lease belongs to somebody else by now (or the session is gone) and nothing was written. */
  setState(id: string, fence: string, patch: SessionPatch): Promise<boolean>
}

const columns = `s.id, s.user_id as "profileId", s.name, s.network, s.status, s.reason, s.final, s.phone, s.lid,
  s.push_name as "pushName", s.settings, s.qr, s.qr_expires_at as "qrExpiresAt", s.wanted,
  s.connected_at as "connectedAt", s.created_at as "createdAt", s.updated_at as "updatedAt"`

const patchColumns = {
  status: 'status',
  reason: 'reason',
  final: 'final',
  phone: 'phone',
  lid: 'lid',
  pushName: 'push_name',
  qr: 'qr',
  qrExpiresAt: 'qr_expires_at',
  connectedAt: 'connected_at',
} as const satisfies Record<keyof SessionPatch, string>

export function createSessions(
  db: Database,
  witness?: Pick<Witness, 'sessionChanged' | 'sessionRemoved'>,
): Sessions {
  return {
    async create({ profileId, name, network, settings = {} }) {
      const [row] = await db.query<SessionRow>({
        text: `with s as (
            insert into sessions (id, user_id, name, network, settings) values ($1, $2, $3, $4, $5) returning *
          ), lease as (insert into session_leases (session_id) select id from s)
          select ${columns} from s`,
        values: [uuidv7(), profileId, name, network, json(settings)],
      })
      if (row === undefined) throw new Error('a created session was not returned')
      witness?.sessionChanged(row)
      return row
    },
    async get(profileId, id) {
      const [row] = await db.query<SessionRow>({
        text: `select ${columns} from sessions s where s.user_id = $1 and s.id = $2`,
        values: [profileId, asUuid(id)],
      })
      return row ?? null
    },
    async find(id) {
      const [row] = await db.query<SessionRow>({
        text: `select ${columns} from sessions s where s.id = $1`,
        values: [asUuid(id)],
      })
      return row ?? null
    },
    async list({ profileId, limit, cursor }) {
      const rows = await db.query<SessionRow>({
        text: `select ${columns} from sessions s where s.user_id = $1 and s.id < $2 order by s.id desc limit $3`,
        values: [profileId, below(cursor), limit + 1],
      })
      return pageOf(rows, limit)
    },
    async update(profileId, id, { name, settings }) {
      const [row] = await db.query<SessionRow>({
        text: `update sessions s
          set name = coalesce($3, name), settings = coalesce($4::jsonb, settings), updated_at = now()
          where s.user_id = $1 and s.id = $2 returning ${columns}`,
        values: [profileId, asUuid(id), name ?? null, settings === undefined ? null : json(settings)],
      })
      if (row !== undefined) witness?.sessionChanged(row)
      return row ?? null
    },
    async remove(profileId, id) {
      const [removed] = await db.transaction(async query => {
        // The lease first: whoever writes for this session holds that row, and is waited for.
        await query({
          text: `delete from session_leases l using sessions s
            where s.id = l.session_id and s.user_id = $1 and s.id = $2`,
          values: [profileId, asUuid(id)],
        })
        return query<SessionRow>({
          text: `delete from sessions s where s.user_id = $1 and s.id = $2 returning ${columns}`,
          values: [profileId, asUuid(id)],
        })
      })
      if (removed !== undefined) witness?.sessionRemoved(removed)
      return removed !== undefined
    },
    async setWanted(id, wanted) {
      await db.query({
        text: 'update sessions set wanted = $2, updated_at = now() where id = $1',
        values: [asUuid(id), wanted],
      })
    },
    async setState(id, fence, patch) {
      const changes = (Object.keys(patchColumns) as (keyof SessionPatch)[]).filter(
        key => patch[key] !== undefined,
      )
      const assignments = changes.map((key, index) => `${patchColumns[key]} = $${index + 3}, `).join('')
      const [row] = await db.query<SessionRow>({
        text: `with ${heldLease}
          update sessions s set ${assignments}updated_at = now() from held where s.id = held.session_id
          returning ${columns}`,
        values: [asUuid(id), fence, ...changes.map(key => patch[key])],
      })
      if (row !== undefined) witness?.sessionChanged(row)
      return row !== undefined
    },
  }
}
