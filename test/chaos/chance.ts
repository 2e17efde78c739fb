import { randomBytes } from 'node:crypto'

/** Everything a run draws, from one seed: the same seed draws the same kills. */
export type Chance = {
  readonly seed: string
  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number
  /** A new list in another order. */
  shuffled<T>(items: readonly T[]): T[]
}

export const anySeed = () => randomBytes(4).toString('hex')

/** Mulberry32, started from an FNV-1a hash of the seed: any text is a seed. */
export function createChance(seed: string): Chance {
  let state = [...seed].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 0x01000193), 0x811c9dc5)
  function fraction(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(fraction() * limit)
  return {
    seed,
    below,
    shuffled(items) {
      const list = [...items]
      for (let i = list.length - 1; i > 0; i--) {
        const j = below(i + 1)
        const [a, b] = [list[i], list[j]] as [(typeof list)[number], (typeof list)[number]]
        list[i] = b
        list[j] = a
      }
      return list
    },
  }
}
