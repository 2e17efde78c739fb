import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newFigures } from './figures.ts'
import { gateOutput, type RawSocket } from './output-gate.ts'

const open = 1
const closing = 2

/** A socket behind a gate, and a store that says when what was told so far is stored. */
function gated() {
  /** What happened below the gate, in order. */
  const happened: string[] = []
  const asked: (() => void)[] = []
  let ask = () => {}
  const socket: RawSocket = {
    readyState: open,
    send: data => void happened.push(`sent ${data}`),
    close: (code, reason) => void happened.push(`closed ${code} ${reason}`),
    terminate: () => void happened.push('terminated'),
  }
  const figures = newFigures()
  const stored = () =>
    new Promise<void>(resolve => {
      asked.push(resolve)
      ask()
    })
  gateOutput(socket, { stored, figures })
  return {
    socket,
    happened,
    figures,
    send: (text: string, done?: () => void) => socket.send(Buffer.from(text), done),
    /** How often the gate has asked whether everything is stored. */
    questions: () => asked.length,
    /** Answers the gate's question, which it may still have to ask. */
    async store(): Promise<void> {
      if (asked.length === 0) await new Promise<void>(resolve => (ask = resolve))
      asked.shift()?.()
      await turn()
    },
  }
}

/** Everything that can happen without anybody's answer has happened. */
async function turn(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await new Promise(resolve => setImmediate(resolve))
}

test('nothing leaves before everything told so far is stored', async () => {
  const { send, happened, questions, store } = gated()
  send('receipt')
  await turn()
  assert.deepEqual([questions(), happened], [1, []])
  await store()
  assert.deepEqual(happened, ['sent receipt'])
})

test('the sender hears at once that its bytes left, so that it goes on to tell what it acknowledged', async () => {
  const { send, questions } = gated()
  let heard = false
  send('receipt', () => {
    heard = true
  })
  assert.deepEqual(
    [heard, questions()],
    [true, 0],
    'the gate asks after the turn in which the message is told',
  )
})

test('what is told in the microtasks after a send is stored before the bytes leave', async () => {
  let told = 0
  const stored: number[] = []
  const socket: RawSocket = { readyState: open, send: () => {}, close: () => {}, terminate: () => {} }
  gateOutput(socket, { stored: async () => void stored.push(told), figures: newFigures() })
  await new Promise<void>(done => socket.send(Buffer.from('receipt'), () => done()))
  for (let awaits = 0; awaits < 50; awaits++) await Promise.resolve()
  told++
  await turn()
  assert.deepEqual(stored, [1])
})

test('frames leave in their order, those that came while others waited included', async () => {
  const { send, happened, store, questions } = gated()
  send('1')
  send('2')
  await turn()
  send('3')
  send('4')
  await turn()
  assert.deepEqual([questions(), happened], [1, []])
  await store()
  assert.deepEqual([questions(), happened], [1, ['sent 1', 'sent 2']], 'what came later asks for itself')
  send('5')
  await store()
  await store()
  assert.deepEqual(happened, ['sent 1', 'sent 2', 'sent 3', 'sent 4', 'sent 5'])
})

test('closing waits for what stands at the gate', async () => {
  const { socket, send, happened, store } = gated()
  send('receipt')
  socket.close(1000, 'goodbye')
  await turn()
  assert.deepEqual(happened, [])
  await store()
  assert.deepEqual(happened, ['sent receipt', 'closed 1000 goodbye'])
})

test('closing waits for nothing when nothing stands at the gate', async () => {
  const { socket, send, happened, store } = gated()
  socket.close(1000, 'never used')
  await turn()
  assert.deepEqual(happened, ['closed 1000 never used'])
  send('after')
  await store()
  socket.close(1001, 'again')
  await turn()
  assert.deepEqual(happened.at(-1), 'closed 1001 again')
})

test('terminating waits for nobody, and what stood at the gate never leaves', async () => {
  const { socket, send, happened, store } = gated()
  const terminate = socket.terminate
  socket.terminate = () => {
    socket.readyState = closing
    terminate()
  }
  send('receipt')
  await turn()
  socket.terminate()
  assert.deepEqual(happened, ['terminated'])
  await store()
  assert.deepEqual(happened, ['terminated'])
})

test('a socket that has closed meanwhile is not written to', async () => {
  const { socket, send, happened, store } = gated()
  send('first')
  send('second')
  await turn()
  socket.readyState = closing
  await store()
  send('third')
  await store()
  assert.deepEqual(happened, [])
})

test('every frame is counted with how long it waited', async () => {
  const { send, figures, store } = gated()
  send('1')
  send('2')
  await store()
  assert.equal(figures.gated, 2)
  assert.ok(figures.gateMs > 0 && figures.longestGateMs > 0 && figures.gateMs >= figures.longestGateMs)
})
