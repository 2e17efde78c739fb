import { cleanMessage, decryptMessageNode, type WASocket } from 'baileys'
import type { Logger } from 'pino'
import type { UntoldStanza } from '../store/inbox.ts'
import type { LiveSocket } from './connect.ts'
import type { Figures } from './figures.ts'
import { stanzaOf } from './journal-codec.ts'
import { TimedOut, within } from './persistence.ts'

export type RecoverDeps = {
  live: LiveSocket
  /** Null: the inbox cannot be read now. */
  untold: (limit: number) => Promise<UntoldStanza[] | null>
  me: { id: string; lid?: string }
  figures: Figures
  log: Logger
}

/** Stanzas read at a time: with inline histories of up to a megabyte each, what a gateway can hold in memory. */
const batchSize = 100
/** Baileys may want to ask the server before it is done with a message (app state keys); the answer need not come. */
const patienceMs = 5_000

/**
 * Tells what an earlier socket read and could not tell, through the same Baileys and the same translation: its messages,
 * and the side effects of those that Baileys keeps for itself (keys, mappings). To be called with a socket that is
 * logged in, or has ended: a change of the credentials makes Baileys send a presence, in the middle of a handshake too,
 * which breaks it.
 */
export async function recoverInbox(deps: RecoverDeps): Promise<void> {
  const tried = new Set<string>()
  for (;;) {
    const untold = await deps.untold(batchSize)
    const fresh = untold?.filter(({ delivery }) => !tried.has(delivery)) ?? []
    if (fresh.length === 0) return
    for (const stanza of fresh) {
      tried.add(stanza.delivery)
      // One that hangs holds Baileys' mutex: those behind it would hang too. They are told by the next socket.
      if (!(await retell(deps, stanza))) return
    }
  }
}

async function retell({ live, me, figures, log }: RecoverDeps, stanza: UntoldStanza): Promise<boolean> {
  try {
    const told = live.retell(stanza.delivery, baileys => tell(baileys, stanza, me))
    await within(told, patienceMs)
    figures.recovered++
    return true
  } catch (error) {
    log.warn({ err: error, receivedAt: stanza.receivedAt }, 'a message of the inbox could not be told yet')
    return !(error instanceof TimedOut)
  }
}

async function tell(baileys: WASocket, { values }: UntoldStanza, me: RecoverDeps['me']): Promise<void> {
  if (values === null) throw new Error('it does not open: its row was changed, or moved here from elsewhere')
  const rebuilt = stanzaOf(values)
  if (rebuilt === null) return
  const { node, retryCount } = rebuilt
  const { fullMessage, decrypt } = decryptMessageNode(
    node,
    me.id,
    me.lid ?? '',
    baileys.signalRepository,
    baileys.logger,
  )
  await decrypt()
  if (retryCount > 0) Object.assign(fullMessage, { retryCount })
  cleanMessage(fullMessage, me.id, me.lid ?? '')
  await baileys.upsertMessage(fullMessage, node.attrs.offline ? 'append' : 'notify')
}
