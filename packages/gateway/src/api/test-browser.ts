/** For tests: people with browsers, who keep the cookie they are given and say what a page of the gateway would. */
import assert from 'node:assert/strict'
import type { Answer, Call, TestApi } from './test-api.ts'

export type TestBrowser = {
  cookie(): string | null
  call(route: `${string} /${string}`, call?: Call): Promise<Answer>
}

/** Somebody with a password: the browser they set it in, and a sign-in with it (or another one) from a new browser. */
export type TestMember = {
  profileId: string
  email: string
  password: string
  page: TestBrowser
  signIn(given?: string, call?: Call): Promise<Answer>
}

/** The people of a gateway; Alice is its owner, and has no password yet. */
export async function peopleOf(api: TestApi) {
  await api.store.accounts.ensureOwner(api.alice.profileId)

  function browser(): TestBrowser {
    let cookie: string | null = null
    return {
      cookie: () => cookie,
      async call(route, call = {}) {
        const own: Record<string, string> = cookie === null ? {} : { cookie }
        const headers = { 'sec-fetch-site': 'same-origin', ...own, ...call.headers }
        const answer = await api.call(route, { key: null, ...call, headers })
        const set = answer.headers.get('set-cookie')
        if (set !== null) cookie = /Max-Age=0/.test(set) ? null : (set.split(';')[0] ?? null)
        return answer
      },
    }
  }

  const tokenFor = async (profileId: string, validMs = 60_000) =>
    (await api.store.signIns.createLink({ profileId, validMs })).token

  /** Somebody who came through a link of this profile. */
  async function signedIn(profileId = api.alice.profileId): Promise<TestBrowser> {
    const page = browser()
    const answer = await page.call('POST /auth/sign-in/link', { body: { token: await tokenFor(profileId) } })
    assert.equal(answer.status, 200, answer.text)
    return page
  }

  async function member(name: string): Promise<TestMember> {
    const email = `${name}@example.org`
    const password = `${name} likes long words`
    const account = await api.store.accounts.invite({ email, displayName: name })
    assert.ok(account !== 'email_taken')
    const page = await signedIn(account.profileId)
    const set = await page.call('PUT /auth/password', { body: { new_password: password } })
    assert.equal(set.status, 200, set.text)
    const signIn = (given = password, call: Call = {}) =>
      browser().call('POST /auth/sign-in', { ...call, body: { email, password: given } })
    return { profileId: account.profileId, email, password, page, signIn }
  }

  return { browser, tokenFor, signedIn, member }
}
