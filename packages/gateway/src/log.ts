import { type DestinationStream, type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'

export type { Logger }

/** The two variables of the config that are about logging; no format means pretty on a terminal, JSON elsewhere. */
export type LogOptions = {
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly logFormat: 'json' | 'pretty' | null
}

/**
 * Never printed, whoever logs them: what opens a door (keys, secrets, cookies) and what people wrote.
 * pino matches exact paths, so each name stands for the top of a record and for one object deep.
 */
const secretFields = [
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
]
const secretPaths = [
  ...secretFields.flatMap(field => [field, `*.${field}`]),
  ...['authorization', 'cookie', '["x-api-key"]', '["set-cookie"]'].flatMap(header => [
    join('headers', header),
    join('*.headers', header),
  ]),
]

/** The process's logger: lines on standard error, so that standard output is free for results. `destination` is for tests. */
export function createLog(options: LogOptions, destination?: DestinationStream): Logger {
  const stream = destination ?? pino.destination({ dest: 2, sync: true })
  const terminal = destination === undefined && process.stderr.isTTY === true
  const format = options.logFormat ?? (terminal ? 'pretty' : 'json')
  return pino(
    { level: options.logLevel, base: null, redact: { paths: secretPaths, censor: '[hidden]' } },
    format === 'pretty' ? prettyOnto(stream, terminal) : stream,
  )
}

function prettyOnto(stream: DestinationStream, colorize: boolean): DestinationStream {
  const pretty = prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss.l' })
  return { write: line => stream.write(pretty(line)) }
}

function join(path: string, field: string): string {
  return field.startsWith('[') ? `${path}${field}` : `${path}.${field}`
}
