/** Doing something in a chat as somebody: a contact, or the owner on the phone itself. */
import { useState } from 'react'
import { call, type Input } from '../../api.ts'
import type { Session } from '../../operations.ts'
import { queryClient } from '../../query.ts'
import type { Chat } from './chats.ts'

/** Stands for the owner of the phone among the numbers of contacts. */
export const OWNER = 'phone'

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
/** What is done, without where. */
export type Doing = Without<Input<'sayFromSandboxPhone'>['body'], 'to'>

export function useActing(session: Session, chat: Chat) {
  const [as, setAs] = useState(chat.people[0]?.number ?? OWNER)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const place = chat.isGroup ? { group_id: chat.id } : { session_id: session.id }

  /** Whether it was done; a refusal is kept in `error`. */
  const act = async (doing: Doing): Promise<boolean> => {
    setBusy(true)
    setError(null)
    try {
      if (as === OWNER)
        await call('sayFromSandboxPhone', { params: { id: session.id }, body: { ...doing, to: chat.id } })
      else await call('saySandbox', { params: { number: as }, body: { ...doing, ...place } })
      await queryClient.invalidateQueries({ queryKey: ['listEvents'] })
      return true
    } catch (refused) {
      setError(refused)
      return false
    } finally {
      setBusy(false)
    }
  }
  /** Others see it while it lasts; nobody misses it when it does not arrive. */
  const type = () => {
    if (as !== OWNER)
      call('showSandbox', { params: { number: as }, body: { ...place, doing: 'typing' } }).catch(() => null)
  }
  return { as, setAs, act, type, busy, error }
}

export type Acting = ReturnType<typeof useActing>
