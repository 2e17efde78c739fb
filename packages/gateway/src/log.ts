import { type DestinationStream, type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'

export type { Logger }

/** The two variables of the config that are about logging; no format means pretty on a terminal, JSON elsewhere. */
export type LogOptions = {
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly logFormat: 'json' | 'pretty' | null
}

/** Never printed, whoever logs them and however deep: what opens a door (keys, secrets, cookies) and what people wrote. */
const secretFields: ReadonlySet<string> = new Set([
  'apiKey',
  'key',
  'secret',
  'secrets',
  'encryptionKey',
  'databaseUrl',
  'password',
  'token',
  'creds',
  'rootKey',
  'qr',
  'pairingCode',
  'body',
  'payload',
  'text',
  'content',
  'requestBody',
  'responseBody',
  'authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
])

const censor = '[hidden]'

/** Lines beyond the first few of a moment wait for its end, at most so many characters of them. */
const momentMs = 10
const writtenAtOnce = 8
const gatherLength = 16 * 1024

/** The process's logger: lines on standard error, so that standard output is free for results. `destination` is for tests. */
export function createLog(options: LogOptions, destination?: DestinationStream): Logger {
  const terminal = destination === undefined && process.stderr.isTTY === true
  const stream = destination ?? standardError(terminal)
  const format = options.logFormat ?? (terminal ? 'pretty' : 'json')
  return pino(
    {
      level: options.logLevel,
      base: null,
      formatters: { log: fields => withoutSecrets(fields) },
      serializers: {
        // What a child logger always says is not shown to the formatter, only to these.
        ...Object.fromEntries(Array.from(secretFields, name => [name, () => censor])),
        // An error is made an object after the formatter has seen it.
        err: error => withoutSecrets(pino.stdSerializers.err(error)),
      },
    },
    format === 'pretty' ? prettyOnto(stream, terminal) : stream,
  )
}

function standardError(terminal: boolean): DestinationStream {
  const stream = pino.destination({ dest: 2, sync: true })
  return terminal ? stream : gathering(stream)
}

/**
 * For thousands of lines a second. A few lines are written at once; what more comes in the same moment is written together
 * at its end, or at the end of the process, an uncaught exception too: only a SIGKILL loses it. Synchronously, or a part of
 * a write under way would be lost when the process ends.
 */
function gathering(stream: DestinationStream): DestinationStream {
  let lines = ''
  let inThisMoment = 0
  let moment: NodeJS.Timeout | null = null

  function flush(): void {
    const waiting = lines
    lines = ''
    if (waiting !== '') stream.write(waiting)
  }

  function endMoment(): void {
    moment = null
    inThisMoment = 0
    flush()
  }

  process.once('exit', flush)
  return {
    write(line) {
      lines += line
      if (moment === null) moment = setTimeout(endMoment, momentMs).unref()
      if (++inThisMoment <= writtenAtOnce || lines.length >= gatherLength) flush()
    },
  }
}

function prettyOnto(stream: DestinationStream, colorize: boolean): DestinationStream {
  const pretty = prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss.l' })
  return { write: line => stream.write(pretty(line)) }
}

/** Deeper than anything of ours is; a circle ends here too. */
const maxDepth = 6

/**
 * The same fields with secrets hidden, or the very object when there are none, which is nearly always: the redaction that
 * pino brings costs twenty times as much as the rest of a line, and one is written for every attempt.
 */
function withoutSecrets<T extends object>(fields: T, depth = 0): T {
  let copy: T | null = null
  for (const [name, value] of Object.entries(fields)) {
    const shown = shownOf(name, value, depth)
    if (shown === value) continue
    copy ??= (Array.isArray(fields) ? [...fields] : { ...fields }) as T
    Object.assign(copy, { [name]: shown })
  }
  return copy ?? fields
}

function shownOf(name: string, value: unknown, depth: number): unknown {
  if (secretFields.has(name) && value !== undefined) return censor
  return isPlain(value) && depth < maxDepth ? withoutSecrets(value, depth + 1) : value
}

/** Others (errors, buffers, requests) have a serializer, or their own JSON. */
function isPlain(value: unknown): value is object {
  if (value === null || typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Array.isArray(value)
}
