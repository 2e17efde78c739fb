import type { proto } from 'baileys'
import { node, seconds } from '../wire/nodes.ts'
import { type Account, onlineCompanions } from './account.ts'
import { type Companion, createCompanion } from './companion.ts'
import type { Connection } from './connection.ts'
import type { Network } from './network.ts'

/** A linked device comes back: success and what it missed, or a failure. */
export async function login(
  network: Network,
  connection: Connection,
  payload: proto.ClientPayload,
): Promise<void> {
  const companion = identify(network, connection, String(payload.username ?? ''), payload.device ?? 0)
  const failure = companion ? takeFailure(companion.account) : { reason: '401' }
  if (!companion || failure) return connection.end(node('failure', { location: 'cln', ...failure }))
  if (companion.connection) replaceConnection(companion.connection)
  companion.connection = connection
  connection.companion = companion
  connection.send(success(companion))
  connection.send(node('ib', {}, [offlinePreview(companion)]))
  const count = await companion.outbox.open(connection)
  // Also when nothing waited: the client holds its events back until it hears this.
  connection.send(node('ib', {}, [node('offline', { count: String(count) })]))
  companion.account.bell.ring()
}

function identify(
  network: Network,
  connection: Connection,
  number: string,
  index: number,
): Companion | undefined {
  const known = network.find(`${number}@s.whatsapp.net`)?.account.companions.get(index)
  // The Noise static key is what a client proves possession of; the rest of a login is only claimed.
  if (known) return known.noiseKey.equals(connection.clientKey) ? known : undefined
  // A client that stopped half-way through pairing by code logs in without a device.
  if (!network.adoptUnknownDevices || !/^[1-9]\d{5,14}$/.test(number) || index < 1 || index > 255)
    return undefined
  return adopt(network.account(number), index, connection)
}

/** Takes a device over from an earlier life of the network. Its keys are asked for by answering "0 pre-keys left". */
function adopt(account: Account, index: number, connection: Connection): Companion {
  const companion = createCompanion({
    account,
    index,
    noiseKey: connection.clientKey,
    keys: null,
    synced: true,
  })
  account.companions.set(index, companion)
  account.nextIndex = Math.max(account.nextIndex, index + 1)
  return companion
}

function takeFailure(account: Account): Record<string, string> | null {
  const failure = account.nextFailure
  account.nextFailure = null
  return failure
}

/** The old connection of a device that has logged in a second time. */
export function replaceConnection(connection: Connection): void {
  connection.end(node('stream:error', {}, [node('conflict', { type: 'replaced' })]))
}

function success({ account, lid }: Companion) {
  const t = seconds()
  return node('success', { t, lid, display_name: account.name, creation: t, props: '27', location: 'sim' })
}

function offlinePreview({ outbox }: Companion) {
  const count = (tag: string) => String(outbox.waiting.filter(each => each.tag === tag).length)
  return node('offline_preview', {
    count: String(outbox.waiting.length),
    message: count('message'),
    receipt: count('receipt'),
    notification: count('notification'),
    appdata: '0',
  })
}

/** Takes devices out of the account: connected ones hear it now, the others at their next login. */
export function unlink(account: Account, devices: Iterable<Companion>): void {
  for (const { index, connection } of [...devices]) {
    account.companions.delete(index)
    connection?.end(node('stream:error', { code: '401' }, [node('conflict', { type: 'device_removed' })]))
  }
  account.bell.ring()
}

/** A socket has closed. */
export function leave(connection: Connection): void {
  const { companion } = connection
  if (companion?.connection !== connection) return
  companion.connection = null
  companion.outbox.close()
  companion.account.bell.ring()
}

export function isOnline(account: Account): boolean {
  return onlineCompanions(account).length > 0
}
