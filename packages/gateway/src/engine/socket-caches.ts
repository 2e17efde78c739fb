import type { CacheStore, GroupMetadata, PossiblyExtendedCacheStore } from 'baileys'
import { LRUCache } from 'lru-cache'

/**
 * What Baileys remembers in memory, kept for a session rather than a socket: a reconnect would otherwise ask WhatsApp
 * for every device list again and forget how often a message has been retried.
 */
export type SocketCaches = {
  msgRetryCounterCache: CacheStore
  userDevicesCache: PossiblyExtendedCacheStore
  callOfferCache: CacheStore
  placeholderResendCache: CacheStore
  mediaCache: CacheStore
  groups: LRUCache<string, GroupMetadata>
}

const minute = 60_000

/** Lifetimes are those of Baileys' own defaults; the bounds keep a busy session below a few megabytes. */
export function createSocketCaches(): SocketCaches {
  return {
    msgRetryCounterCache: cache(60 * minute, 5_000),
    userDevicesCache: cache(5 * minute, 5_000),
    callOfferCache: cache(5 * minute, 200),
    placeholderResendCache: cache(60 * minute, 1_000),
    mediaCache: cache(60 * minute, 200),
    groups: new LRUCache({ max: 500, ttl: 60 * minute }),
  }
}

function cache(ttl: number, max: number): PossiblyExtendedCacheStore {
  // biome-ignore lint/complexity/noBannedTypes: Baileys keeps numbers, booleans and objects in the same shape of cache
  const entries = new LRUCache<string, {}>({ max, ttl })
  const get = <T>(key: string) => entries.get(key) as T | undefined
  const set = <T>(key: string, value: T) => {
    if (value === undefined || value === null) entries.delete(key)
    else entries.set(key, value)
  }
  return {
    get,
    set,
    del: key => void entries.delete(key),
    flushAll: () => entries.clear(),
    mget: async <T>(keys: string[]) => Object.fromEntries(keys.map(key => [key, get<T>(key)])),
    mset: rows => {
      for (const row of rows) set(row.key, row.value)
    },
    mdel: keys => {
      for (const key of keys) entries.delete(key)
    },
  }
}
