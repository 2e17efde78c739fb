import type { Logger } from 'pino'
import {
  type CommandAnswer,
  type CommandArgs,
  type CommandHandlers,
  type CommandName,
  type CommandResult,
  type Commands,
  defaultCommandTimeoutMs,
} from './commands.ts'

/**
 * Commands within one process: a function call behind the seam. Arguments and results still cross as JSON,
 * so that what works here works between processes, and neither side can change the other's objects.
 */
export function createMemoryCommands({ log }: { log?: Logger } = {}): Commands {
  let serving: CommandHandlers | null = null

  async function carryOut<N extends CommandName>(
    handlers: CommandHandlers,
    name: N,
    args: CommandArgs<N>,
  ): Promise<CommandAnswer<CommandResult<N>>> {
    try {
      return asJson(await handlers[name](asJson(args)))
    } catch (error) {
      log?.error({ err: error, command: name }, 'a command failed; this is a bug')
      return {
        ok: false,
        code: 'internal_error',
        detail: `${name} failed inside the engine; its log says why.`,
      }
    }
  }

  return {
    async call(name, args, { timeoutMs = defaultCommandTimeoutMs } = {}) {
      if (serving === null)
        return { ok: false, code: 'engine_unavailable', detail: 'No engine is running to carry this out.' }
      return within(timeoutMs, name, carryOut(serving, name, args))
    },
    serve(handlers) {
      if (serving !== null)
        throw new Error('commands are served already; two engines cannot share one process')
      serving = handlers
      return {
        stop() {
          if (serving === handlers) serving = null
        },
      }
    },
  }
}

function within<R>(
  timeoutMs: number,
  name: string,
  answer: Promise<CommandAnswer<R>>,
): Promise<CommandAnswer<R>> {
  return new Promise(resolve => {
    const timer = setTimeout(
      () => resolve({ ok: false, code: 'timeout', detail: `${name} had no answer within ${timeoutMs} ms.` }),
      timeoutMs,
    )
    void answer.then(resolve).finally(() => clearTimeout(timer))
  })
}

function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}
