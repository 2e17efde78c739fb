import { linkUrl, linkValidMs } from './api/sign-ins.ts'
import type { Store } from './store/store.ts'

/**
 * The link that a start prints while nobody has set a password: whoever opens it first is the owner, and owns what the
 * first profile has. Null once there is a password; then "waxwing sign-in" makes links. Also makes the owner's account.
 */
export async function firstSignIn(
  store: Pick<Store, 'accounts' | 'signIns'>,
  { profileId, base }: { profileId: string; base: string },
): Promise<string | null> {
  const owner = await store.accounts.ensureOwner(profileId)
  if (owner.hasPassword) return null
  const link = { profileId: owner.profileId, validMs: linkValidMs }
  const { token } = await store.signIns.createLink(link)
  return linkUrl(base, token)
}
