import type { Database } from './database.ts'
import type { Vault } from './vault.ts'

/**
 * A database has one key for life. Throws ForeignKeyError when this one has another: such a gateway would look well,
 * and neither sign a webhook nor open a session; what it wrote, the right key could not read. A database without
 * secrets takes any key. One value is enough to tell, for this is asked before anything is written.
 */
export async function requireItsKey(db: Database, vault: Vault): Promise<void> {
  const [found] = await db.query<{ sealed: string; place: string }>({
    text: `(select secret as sealed, 'webhook_configs.secret/' || id as place from webhook_configs limit 1)
      union all
      (select encode(value, 'base64'), 'session_creds/' || session_id from session_creds limit 1)
      limit 1`,
  })
  if (found) vault.checkKey(Buffer.from(found.sealed, 'base64'), found.place)
}
