import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startWhatsApp, type WhatsApp } from '@waxwing/simulator'
import { addWebhook, outcome, textEvent } from '../store/test-stores.ts'
import { type Answer, startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
let simulator: WhatsApp
before(async () => {
  simulator = await startWhatsApp()
  api = await startTestApi({ simulator })
})
after(async () => {
  await api.stop()
  await simulator.stop()
})

/** Stands in the names and texts of everything of Alice, so that it is recognised wherever it turns up. */
const mark = 'only-for-alice'

type Row = { path: string; id: string }

/** A row of every kind, all of Alice. `path`: the collection whose `{id}` it is. */
async function furnishAlice(): Promise<Row[]> {
  const { store } = api
  const { profileId } = api.alice
  const session = await store.sessions.create({
    profileId,
    name: mark,
    network: 'sandbox',
    settings: { mark },
  })
  const webhook = await addWebhook(store, profileId)
  await store.webhooks.update(profileId, webhook.id, { name: mark, sessionIds: [session.id] })
  const owner = { profileId, sessionId: session.id }
  const told = textEvent(owner, mark)
  const [delivered] = await store.events.commit([told])
  const [dead] = await store.events.commit([textEvent(owner, `${mark} 2`)])
  assert.ok(delivered && dead)
  await store.deliveries.record([outcome(delivered, { kind: 'delivered' }), outcome(dead, { kind: 'dead' })])
  const filter = {
    since: new Date(0),
    until: new Date(),
    status: null,
    eventType: null,
    force: false,
    rate: 1,
  }
  const replay = await store.replays.create({ profileId, webhookId: webhook.id, filter })
  assert.ok(replay)
  const key = await store.apiKeys.create({ profileId, name: mark })
  const sandbox = await furnishSandbox(session.id)
  const ids = {
    ...sandbox,
    '/sessions': session.id,
    '/webhooks': webhook.id,
    '/events': told.id,
    '/deliveries': delivered.deliveryId,
    '/dead-letters': dead.deliveryId,
    '/replays': replay.id,
    '/api-keys': key.id,
  }
  return Object.entries(ids).map(([path, id]) => ({ path, id }))
}

/** People of Alice on the simulated network, which both profiles share. */
async function furnishSandbox(sessionId: string): Promise<Record<string, string>> {
  await api.sql(`update sessions set phone = '+15550100', status = 'connected' where id = $1`, [sessionId])
  const contact = (await api.call('POST /sandbox/contacts', { body: { name: mark } })).json
  const group = await api.call('POST /sandbox/groups', {
    body: { subject: mark, session_id: sessionId, contacts: [contact.number] },
  })
  const call = await api.call(`POST /sandbox/contacts/${contact.number}/calls`, {
    body: { session_id: sessionId },
  })
  assert.deepEqual([group.status, call.status], [201, 201])
  return {
    '/sandbox/sessions': sessionId,
    '/sandbox/contacts': contact.number,
    '/sandbox/groups': group.json.id,
    '/sandbox/calls': call.json.call_id,
  }
}

/** What a route must be sent to get as far as the row; one that is missing here is sent an empty object. */
function bodies(rows: Row[]): Record<string, object> {
  const idOf = (path: string) => rows.find(row => row.path === path)?.id
  const replay = { webhook_id: idOf('/webhooks') }
  return {
    sendMessage: { to: '15550100', text: 'hello' },
    createPairingCode: { phone: '15550100' },
    replayDeliveries: { ...replay, since: '2020-01-01T00:00:00Z' },
    replayDeadLetters: replay,
    saySandbox: { session_id: idOf('/sessions'), text: 'hello' },
    showSandbox: { session_id: idOf('/sessions'), doing: 'typing' },
    callSandbox: { session_id: idOf('/sessions') },
    receiveSandbox: { message_id: 'x', type: 'read' },
    sayFromSandboxPhone: { to: idOf('/sandbox/contacts'), text: 'hello' },
    createSandboxGroup: {
      subject: 'x',
      session_id: idOf('/sessions'),
      contacts: [idOf('/sandbox/contacts')],
    },
    changeSandboxGroup: { by: idOf('/sandbox/contacts'), subject: 'x' },
    createWebhook: { webhook_url: 'https://example.com', session_ids: [idOf('/sessions')] },
  }
}

/** Answers that are the same for everybody, or that are walked elsewhere with their reasons. */
const elsewhere: Record<string, string> = {
  watchLive: 'never ends; live.test.ts has two profiles',
  listSandboxContacts: 'nobody is without contacts: the walk by their numbers is the test',
}

type Operation = { operationId: string; security?: object[]; parameters?: { in: string; name: string }[] }

test('no route tells or changes anything of another profile, whatever ids it is asked with', async () => {
  const rows = await furnishAlice()
  const sent = bodies(rows)
  const before = await everythingOfAlice()
  const { json: document } = await api.call('GET //openapi.json')
  let asked = 0
  for (const [template, methods] of Object.entries<Record<string, Operation>>(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (elsewhere[operation.operationId] || operation.security?.length === 0) continue
      for (const path of pathsWith(template, rows)) {
        const route = `${method.toUpperCase()} ${path}` as 'GET /'
        const body = method === 'get' ? undefined : (sent[operation.operationId] ?? {})
        for (const query of queriesWith(operation, method, rows)) {
          const answer = await api.call(`${route}${query}`, { key: api.bob.key, body })
          asked++
          assertNothingTold(answer, rows, { route: `${route}${query}`, named: path !== unprefixed(template) })
        }
      }
    }
  }
  assert.ok(asked > 80, `only ${asked} requests`)
  assert.deepEqual(await everythingOfAlice(), before)
})

/** The collections with a GET of one. */
const readable = ['/sessions', '/webhooks', '/events', '/deliveries', '/replays', '/sandbox/contacts']

test('with the keys of their owner the same paths answer', async () => {
  const rows = await furnishAlice()
  for (const { path, id } of rows.filter(({ path }) => readable.includes(path))) {
    const answer = await api.call(`GET ${path}/${id}` as 'GET /')
    assert.equal(answer.status, 200, path)
    assert.ok(answer.text.includes(id))
  }
})

const unprefixed = (template: string) => template.replace('/api/v1', '')

/** The paths of a template with Alice's ids. A template nobody knows an id for needs a row above. */
function pathsWith(template: string, rows: Row[]): string[] {
  const path = unprefixed(template)
  const collection = path.split('/{')[0] ?? ''
  const other = foreign.find(({ pattern }) => pattern.test(path))
  if (other) return other.ids(rows).map(id => path.replaceAll(/\{\w+\}/g, id))
  if (!path.includes('{')) return [path]
  const own = rows.filter(row => row.path === collection)
  assert.ok(own.length > 0, `${template}: furnishAlice makes no row with such an id`)
  return own.map(({ id }) => path.replace(/\{\w+\}/, id))
}

/** Paths whose ids are no rows of Alice's collections. */
const foreign: { pattern: RegExp; ids: (rows: Row[]) => string[] }[] = [
  { pattern: /^\/events\/catalog/, ids: () => ['call'] },
  // Accounts and browsers, which keys do not have: any id of Alice will do.
  { pattern: /^\/auth\/.*\{/, ids: rows => [api.alice.profileId, ...rows.map(({ id }) => id)] },
]

/** For a list, each filter that takes an id, with an id of Alice; and a cursor of hers. */
function queriesWith({ parameters = [] }: Operation, method: string, rows: Row[]): string[] {
  const collections: Record<string, string> = {
    session_id: '/sessions',
    webhook_id: '/webhooks',
    event_id: '/events',
    cursor: '/events',
  }
  const named = parameters.flatMap(({ in: place, name }) => {
    const id = rows.find(({ path }) => path === collections[name])?.id
    return method === 'get' && place === 'query' && id ? [`?${name}=${id}`] : []
  })
  return ['', ...named]
}

function assertNothingTold(answer: Answer, rows: Row[], asked: { route: string; named: boolean }): void {
  const { route, named } = asked
  // What was asked for may stand in the answer (the detail of a 404), nothing else may.
  const told = rows.filter(({ id }) => answer.text.includes(id) && !route.includes(id))
  assert.deepEqual(told, [], `${route} told of ${told.map(({ path }) => path)}`)
  assert.ok(!answer.text.includes(mark), `${route} told: ${answer.text.slice(0, 300)}`)
  if (route.includes('/auth/') || route.includes('/events/catalog')) return
  if (named) assert.equal(answer.status, 404, `${route}: ${answer.text.slice(0, 300)}`)
  else if (route.startsWith('GET ') && Array.isArray(answer.json?.data) && !route.startsWith('GET /api-keys'))
    assert.deepEqual(answer.json.data, [], route)
}

/** Every row of every table that has an owner, as text. When a key was used last is no secret of Alice. */
async function everythingOfAlice(): Promise<string[]> {
  const tables = await api.sql(
    `select table_name as name from information_schema.columns c join information_schema.tables t using (table_name)
     where column_name = 'user_id' and c.table_schema = 'public' and t.table_type = 'BASE TABLE' order by 1`,
  )
  assert.ok(tables.length > 7)
  const rows: string[] = []
  for (const { name } of tables)
    for (const row of await api.sql(`select t as row from ${name} t where user_id = $1`, [
      api.alice.profileId,
    ]))
      rows.push(`${name} ${JSON.stringify(row)}`)
  return rows.filter(row => !row.startsWith('api_keys')).sort()
}
