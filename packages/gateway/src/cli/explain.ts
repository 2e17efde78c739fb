import { KeyFileError } from '../config.ts'
import { EmbeddedPostgresError } from '../store/embedded-postgres.ts'
import { MigrationRefused } from '../store/migrate.ts'
import type { Ending } from './verb.ts'

/** Their messages are written for operators and say what to do. */
const speakForThemselves = [EmbeddedPostgresError, KeyFileError, MigrationRefused]

type Failure = Ending & { ok: false }
type SystemError = Error & { code: string; port?: number; address?: string }

/** What an operator can mend, by the code of the system call or of Postgres (SQLSTATE). */
const advice: Record<string, (error: SystemError) => Failure> = {
  EADDRINUSE: ({ port = 0, address }) =>
    failure(
      `port ${port} of ${address} is taken by another program.`,
      `Choose another with PORT=${port + 1}, or stop that program.`,
    ),
  EACCES: ({ message }) =>
    failure(
      `not allowed: ${message}.`,
      'For a port, set PORT to 1024 or more; for a folder, set DATA_DIR to one this user may write.',
    ),
  EADDRNOTAVAIL: ({ address }) =>
    failure(
      `${address} is not an address of this machine.`,
      'Set HOST to 127.0.0.1, or to :: for every interface.',
    ),
  ECONNREFUSED: database,
  ENOTFOUND: database,
  ETIMEDOUT: database,
  '28P01': database,
  '28000': database,
  '3D000': database,
}

function database({ message }: SystemError): Failure {
  return failure(
    `the database does not let us in: ${message}.`,
    'Check DATABASE_URL (host, port, user, password, database name), and that the server is up.',
  )
}

function failure(problem: string, next: string): Failure {
  return { ok: false, problem, next }
}

/** An exception as the end of a verb. What nobody foresaw keeps its stack: it is a bug, and that is what a report needs. */
export function explain(error: unknown): Failure {
  if (!(error instanceof Error)) return failure(String(error), 'Run "npx waxwing doctor".')
  if (speakForThemselves.some(kind => error instanceof kind))
    return failure(error.message, 'Then "npx waxwing doctor" checks again.')
  if ('code' in error && typeof error.code === 'string') {
    const known = advice[error.code]
    if (known) return known(error as SystemError)
  }
  return failure(error.stack ?? error.message, 'Run "npx waxwing doctor": it checks what this needs.')
}
