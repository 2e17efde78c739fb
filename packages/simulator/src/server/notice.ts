import type { BinaryNode } from 'baileys'
import type { Companion } from './companion.ts'
import { stanzaKey } from './outbox.ts'

/** Tells these devices something; one that is away finds it waiting at its next login. */
export async function pushNotice(devices: readonly Companion[], notice: BinaryNode): Promise<void> {
  const key = stanzaKey('notification', notice.attrs)
  await Promise.all(devices.map(each => each.outbox.push(key, () => notice)))
}
