import {
  type BinaryNode,
  encodeSyncdPatch,
  type LTHashState,
  newLTHashState,
  proto,
  type WAPatchName,
} from 'baileys'
import { child, children, node, seconds } from '../wire/nodes.ts'
import type { Account } from './account.ts'
import { pushNotice } from './notice.ts'
import { createMessageId } from './send.ts'

/** One of the lists that an account's devices keep in common, as the patches that made it. */
export type Collection = {
  state: LTHashState
  /** The version before the first of these patches: more than 0 when this network was started anew. */
  before: number
  patches: Uint8Array[]
}

/** One entry: what it is about (`index`), what it says, and the version of its form. */
export type Change = {
  collection: WAPatchName
  index: string[]
  action: proto.ISyncActionValue
  apiVersion: number
}

function collectionOf(account: Account, name: string): Collection {
  const known = account.appState.get(name)
  if (known) return known
  const collection: Collection = { state: newLTHashState(), before: 0, patches: [] }
  account.appState.set(name, collection)
  return collection
}

/** The phone changes something: resolves when every linked device is told that there is a new version, or will be. */
export async function changeAppState(account: Account, change: Change): Promise<void> {
  const { collection: name, index, action, apiVersion } = change
  const collection = collectionOf(account, name)
  const { id, data } = account.appStateKey
  const { patch, state } = await encodeSyncdPatch(
    { type: name, index, syncAction: { timestamp: Date.now(), ...action }, apiVersion, operation: 0 },
    id.toString('base64'),
    collection.state,
    async () => ({ keyData: data }),
  )
  collection.state = state
  collection.patches.push(encode(patch, state.version))
  const attrs = { from: account.jid, type: 'server_sync', id: createMessageId(), t: seconds() }
  const what = node('collection', { name, version: String(state.version) })
  await pushNotice([...account.companions.values()], node('notification', attrs, [what]))
}

/** A device asks what it has missed, or brings a patch of its own. */
export function answerAppState(account: Account, iq: BinaryNode): BinaryNode[] {
  const collections = children(child(iq, 'sync'), 'collection').map(asked => {
    const { name = '', version = '0' } = asked.attrs
    const collection = collectionOf(account, name)
    catchUp(collection, Number(version))
    const brought = child(asked, 'patch')?.content
    if (brought instanceof Uint8Array) take(collection, brought)
    const missed = collection.patches.slice(Number(version) - collection.before)
    const patches = brought ? [] : missed.map(patch => node('patch', {}, patch))
    const attrs = { name, version: String(collection.state.version), has_more_patches: 'false' }
    return node('collection', attrs, patches.length > 0 ? [node('patches', {}, patches)] : [])
  })
  return [node('sync', {}, collections)]
}

/** A device knows more than we do: it was linked before this network was started anew. */
function catchUp(collection: Collection, version: number): void {
  if (version <= collection.state.version) return
  Object.assign(collection, { before: version, patches: [], state: { ...newLTHashState(), version } })
}

/** The sums over a device's own patches are not checked: clients do not check those of others either. */
function take(collection: Collection, patch: Uint8Array): void {
  collection.state = { ...collection.state, version: collection.state.version + 1 }
  collection.patches.push(encode(proto.SyncdPatch.decode(patch), collection.state.version))
}

function encode(patch: proto.ISyncdPatch, version: number): Uint8Array {
  return proto.SyncdPatch.encode({ ...patch, version: { version } }).finish()
}
