/** The laws of accounts: one owner, one use of a link, and an end of every sign-in that a new password leaves behind. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { type Database, openDatabase } from './database.ts'
import type { Store } from './store.ts'
import { onEveryServer, only, type TestBench } from './test-stores.ts'

const browser = { address: '192.0.2.7', userAgent: 'Test/1' }

onEveryServer('accounts', fresh => {
  let bench: TestBench
  let store: Store
  let db: Database
  let owner: string
  before(async () => {
    bench = await fresh()
    store = await bench.open()
    db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 1, log: pino({ level: 'silent' }) })
    owner = (await store.accounts.ensureOwner((await store.profiles.first()).id)).profileId
  })
  after(async () => {
    await db.close()
    await bench.close()
  })

  const signInByLink = async (profileId: string) => {
    const { token } = await store.signIns.createLink({ profileId, validMs: 60_000 })
    const signIn = await store.signIns.byLink({ link: token, ...browser })
    assert.ok(signIn)
    return signIn
  }

  test('the owner is the first profile, however many ask at once', async () => {
    const { id } = await store.profiles.first()
    const accounts = await Promise.all(Array.from({ length: 5 }, () => store.accounts.ensureOwner(id)))
    for (const account of accounts)
      assert.deepEqual([account.profileId, account.role, account.hasPassword], [id, 'owner', false])
  })

  test('a link signs in one of many who use it at once', async () => {
    const { token } = await store.signIns.createLink({ profileId: owner, validMs: 60_000 })
    const uses = await Promise.all(
      Array.from({ length: 8 }, () => store.signIns.byLink({ link: token, ...browser })),
    )
    const { id, profileId, method } = only(uses.filter(use => use !== null))
    assert.deepEqual([profileId, method], [owner, 'link'])
    assert.ok((await store.signIns.list(owner)).some(signIn => signIn.id === id))
  })

  test('a link is worth nothing after its time', async () => {
    const { token } = await store.signIns.createLink({ profileId: owner, validMs: -1 })
    assert.equal(await store.signIns.byLink({ link: token, ...browser }), null)
  })

  test('a sign-in ends when it is not used for a week, and after a month however it is used', async () => {
    for (const column of ['last_seen_at', 'expires_at'] as const) {
      const { id, token } = await signInByLink(owner)
      assert.equal((await store.signIns.verify(token))?.id, id)
      const ago = column === 'last_seen_at' ? '7 days 1 second' : '1 second'
      const text = `update sign_ins set ${column} = now() - interval '${ago}' where id = $1`
      await db.query({ text, values: [id] })
      assert.equal(await store.signIns.verify(token), null, column)
      assert.ok(!(await store.signIns.list(owner)).some(signIn => signIn.id === id), column)
    }
    const { token } = await signInByLink(owner)
    const signIn = await store.signIns.verify(token)
    assert.equal((signIn?.expiresAt.getTime() ?? 0) - (signIn?.createdAt.getTime() ?? 0), 30 * 86_400_000)
  })

  test('nothing in the tables opens a door: tokens are there as hashes', async () => {
    const { token } = await signInByLink(owner)
    const link = await store.signIns.createLink({ profileId: owner, validMs: 60_000 })
    const text = 'select to_jsonb(s) from sign_ins s union all select to_jsonb(l) from sign_in_links l'
    const rows = await db.query({ text })
    assert.ok(rows.length >= 2)
    const all = JSON.stringify(rows)
    for (const secret of [token, link.token]) {
      assert.ok(!all.includes(secret))
      assert.ok(!all.includes(Buffer.from(secret, 'base64url').toString('hex')))
    }
  })

  test('a new password ends every other sign-in and every link, and no sign-in by the old one slips in', async () => {
    const keep = await signInByLink(owner)
    const other = await signInByLink(owner)
    const link = await store.signIns.createLink({ profileId: owner, validMs: 60_000 })
    const set = (passwordHash: string) =>
      store.accounts.setPassword({ profileId: owner, passwordHash, email: null, keepSignIn: keep.id })
    await set('first')
    assert.equal(await store.signIns.verify(other.token), null)
    assert.equal(await store.signIns.byLink({ link: link.token, ...browser }), null)
    assert.equal((await store.signIns.verify(keep.token))?.id, keep.id)
    for (let round = 0; round < 20; round++) {
      await set('old')
      await Promise.all([
        set('new'),
        ...Array.from({ length: 3 }, () =>
          store.signIns.byPassword({ profileId: owner, passwordHash: 'old', ...browser }),
        ),
      ])
      assert.deepEqual(
        (await store.signIns.list(owner)).map(signIn => signIn.id),
        [keep.id],
      )
    }
  })

  test('an address belongs to one account', async () => {
    const ada = await store.accounts.invite({ email: 'ada@example.org', displayName: null })
    assert.ok(ada !== 'email_taken' && ada.role === 'member')
    assert.equal(await store.accounts.invite({ email: 'ada@example.org', displayName: 'Ada' }), 'email_taken')
    const { id } = await signInByLink(owner)
    const taken = { profileId: owner, passwordHash: 'x', email: 'ada@example.org', keepSignIn: id }
    assert.equal(await store.accounts.setPassword(taken), 'email_taken')
    assert.notEqual(await store.accounts.passwordHash(owner), 'x', 'nothing was changed')
    assert.equal(await store.accounts.removeMember(ada.profileId), true)
    assert.equal(await store.accounts.get(ada.profileId), null)
    assert.equal(await store.accounts.removeMember(owner), false)
  })

  test('tries are counted before they are made, by subject, and forgiven by time and by success', async () => {
    const subjects = [
      { name: 'address:192.0.2.1', limit: 6 },
      { name: 'account:ada', limit: 3 },
    ]
    const answers = await Promise.all(Array.from({ length: 5 }, () => store.signInTries.count(subjects)))
    assert.equal(answers.filter(answer => answer === null).length, 3)
    for (const seconds of answers.filter(answer => answer !== null)) assert.ok(seconds > 0 && seconds <= 900)
    await store.signInTries.succeeded({ forgive: 'account:ada', others: ['address:192.0.2.1'] })
    // The address has 5 - 1 behind it: two more, then it waits too.
    assert.equal(await store.signInTries.count(subjects), null)
    assert.equal(await store.signInTries.count(subjects), null)
    assert.notEqual(await store.signInTries.count(subjects), null)
    await db.query({ text: `update sign_in_tries set until = now() - interval '1 second'` })
    assert.equal(await store.signInTries.count(subjects), null)
  })
})
