/** 1 s, 2 s, 4 s … at most a minute. WhatsApp is not known to forgive faster, and a minute is a tolerable silence. */
const firstMs = 1_000
const mostMs = 60_000
/** ±20 %, so that a thousand sessions do not come back in the same second after an outage. */
const jitter = 0.2

/** Milliseconds to wait before the attempt that follows `failures` (1 or more) failed ones. */
export function backOffMs(failures: number, random: () => number): number {
  const plain = Math.min(firstMs * 2 ** Math.max(0, failures - 1), mostMs)
  return Math.round(plain * (1 + jitter * (2 * random() - 1)))
}
