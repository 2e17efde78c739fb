import { createRequire } from 'node:module'
import { socketContext } from './socket-context.ts'

/**
 * libsignal runs the jobs of one contact one after the other through a queue that all accounts of the process share,
 * in the async context of whoever came first. Two accounts that know the same contact then write into each other's
 * transactions, and a job that never ends (see auth-state.ts, fail-stop) blocks that contact for every account.
 * This queue belongs to the socket and runs each job in the context of its own caller.
 */
type Job<T> = () => Promise<T>

const queues = new WeakMap<object, Map<string, Promise<unknown>>>()
const noSocket = {}

/** Runs `job` after the earlier jobs of the same socket for the same Signal address have settled. */
export function queueJob<T>(address: string, job: Job<T>): Promise<T> {
  const queue = queueOf(socketContext.getStore() ?? noSocket)
  const previous = queue.get(address) ?? Promise.resolve()
  const mine = previous.then(job, job)
  queue.set(address, mine)
  const forget = () => {
    if (queue.get(address) === mine) queue.delete(address)
  }
  mine.then(forget, forget)
  return mine
}

function queueOf(owner: object): Map<string, Promise<unknown>> {
  const known = queues.get(owner)
  if (known) return known
  const made = new Map<string, Promise<unknown>>()
  queues.set(owner, made)
  return made
}

// The builder and the cipher take the queue from the module cache when they are loaded, so it is put there first.
// The prototype covers the cipher even if somebody loaded libsignal before us.
const require = createRequire(import.meta.url)
require('libsignal/src/queue_job.js')
const cached = require.cache[require.resolve('libsignal/src/queue_job.js')]
if (cached) cached.exports = queueJob
const { SessionCipher } = require('libsignal') as {
  SessionCipher: { prototype: { addr: { toString(): string }; queueJob<T>(job: Job<T>): Promise<T> } }
}
SessionCipher.prototype.queueJob = function (job) {
  return queueJob(this.addr.toString(), job)
}
