import type { Voice } from './verb.ts'

/** The demo did not get to its end: a step was refused or took too long, or somebody pressed Ctrl-C. */
export class Stopped extends Error {}

export type Steps = {
  /** Does one step and says what came of it, with the time it took. */
  step<T>(name: string, work: () => Promise<T>, words: (result: T) => string): Promise<T>
  /** Milliseconds since the beginning. */
  total(): number
  /** Rejects with `Stopped`, naming the step that was not over, when the deadline passes or the person interrupts. */
  interruption(deadlineMs: number): { promise: Promise<never>; cancel(): void }
}

export function createSteps(voice: Voice): Steps {
  const begun = performance.now()
  let current = 'the beginning'
  return {
    async step(name, work, words) {
      current = name
      const started = performance.now()
      const result = await work()
      const ms = Math.round(performance.now() - started)
      voice.tell({ step: name, ms, outcome: words(result) })
      voice.say(`${seconds(ms).padStart(8)}  ${words(result)}`)
      return result
    },
    total: () => Math.round(performance.now() - begun),
    interruption(deadlineMs) {
      const { promise, reject } = Promise.withResolvers<never>()
      // Raced against the journey; when that ends first nobody hears this rejection.
      promise.catch(() => undefined)
      const late = () => reject(new Stopped(`"${current}" was not over after ${seconds(deadlineMs)}.`))
      const interrupted = () => reject(new Stopped(`interrupted while: ${current}.`))
      const timer = setTimeout(late, deadlineMs)
      process.on('SIGINT', interrupted).on('SIGTERM', interrupted)
      return {
        promise,
        cancel() {
          clearTimeout(timer)
          process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
        },
      }
    },
  }
}

export function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`
}
