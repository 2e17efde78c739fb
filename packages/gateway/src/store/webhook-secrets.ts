import type { Vault } from './vault.ts'

/** A secret that signs, or signed and is still accepted until `until` (milliseconds since 1970; null: for good). */
export type Secret = { secret: string; until: number | null }

/** The secrets of one webhook, newest first. Immutable. */
export type SecretRing = {
  valid(now: number): string[]
  /** The same, with their ends. */
  dated(now: number): Secret[]
  /** When the first of the old ones ends; Infinity when none is left. */
  nextExpiry(now: number): number
  /** Sealed, with a new secret in front and the one before valid for the overlap. */
  turned(secret: string, overlapMs: number, now: number): string
}

/** Old secrets that may be valid beside the newest (delivery.md, law 17). */
const maxOld = 10

/** Where the secrets of a webhook are sealed for. */
export const webhookSecretPlace = (webhookId: string) => `webhook_configs.secret/${webhookId}`

/** Seals and opens the `secret` column of `webhook_configs`: text, as the specification has it, so base64. */
export function createWebhookSecrets(vault: Vault): {
  first(webhookId: string, secret: string): string
  open(webhookId: string, sealed: string): SecretRing
} {
  const seal = (webhookId: string, secrets: readonly Secret[]) =>
    vault.seal(JSON.stringify(secrets), webhookSecretPlace(webhookId)).toString('base64')
  return {
    first: (webhookId, secret) => seal(webhookId, [{ secret, until: null }]),
    open(webhookId, sealed) {
      const all = JSON.parse(
        vault.open(Buffer.from(sealed, 'base64'), webhookSecretPlace(webhookId)),
      ) as Secret[]
      const living = (now: number) => all.filter(({ until }) => until === null || until > now)
      return {
        valid: now => living(now).map(({ secret }) => secret),
        dated: living,
        nextExpiry: now => Math.min(...living(now).map(({ until }) => until ?? Number.POSITIVE_INFINITY)),
        turned(secret, overlapMs, now) {
          const old = living(now).map(one => ({
            ...one,
            until: Math.min(one.until ?? Infinity, now + overlapMs),
          }))
          return seal(webhookId, [{ secret, until: null }, ...old.slice(0, maxOld)])
        },
      }
    },
  }
}
