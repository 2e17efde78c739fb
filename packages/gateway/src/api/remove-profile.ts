/** Taking a profile out of the gateway with everything it owns. */
import type { ApiDeps } from './api.ts'
import { removeSession } from './sessions.ts'

/**
 * Nobody comes in any more, the sockets are closed, and only then the rows go. What an engine refuses stops it half-way,
 * with the door shut; to repeat it is to go on. Events leave with retention.
 */
export async function removeProfile(
  profileId: string,
  { store, commands }: Pick<ApiDeps, 'store' | 'commands'>,
): Promise<void> {
  const all = { profileId, limit: 250 }
  await store.accounts.shut(profileId)
  await emptied(
    () => store.sessions.list(all),
    row => removeSession(row, { store, commands }),
  )
  await emptied(
    () => store.webhooks.list(all),
    row => store.webhooks.remove(profileId, row.id),
  )
  await store.accounts.removeMember(profileId)
}

async function emptied<Row>(
  list: () => Promise<{ rows: Row[] }>,
  remove: (row: Row) => Promise<unknown>,
): Promise<void> {
  for (let page = await list(); page.rows.length > 0; page = await list())
    for (const row of page.rows) await remove(row)
}
