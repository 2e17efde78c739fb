/** A bare undici POST loop: what this machine gives a sender that keeps nothing. Prints how many a second, as JSON. */
import { parseArgs } from 'node:util'
import { Agent } from 'undici'
import { cpuMs } from './clock.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    body: { type: 'string', default: '' },
    seconds: { type: 'string', default: '4' },
    loops: { type: 'string', default: '100' },
  },
})
const agent = new Agent({ connections: 128, pipelining: 1 })
const { origin, pathname } = new URL(values.url)
const headers = { 'content-type': 'application/json', 'webhook-id': 'bare' }
const start = performance.now()
const until = start + Number(values.seconds) * 1_000
let sent = 0

async function loop(): Promise<void> {
  while (performance.now() < until) {
    const answer = await agent.request({ origin, path: pathname, method: 'POST', headers, body: values.body })
    await answer.body.dump()
    sent++
  }
}

await Promise.all(Array.from({ length: Number(values.loops) }, loop))
const perSecond = sent / ((performance.now() - start) / 1_000)
console.log(
  JSON.stringify({ perSecond: Math.round(perSecond), cpuMicros: Math.round((cpuMs() * 1_000) / sent) }),
)
await agent.close()
