import { KeyFileError } from '../config.ts'
import { EmbeddedPostgresError } from '../store/embedded-postgres.ts'
import { MigrationRefused } from '../store/migrate.ts'
import { KeyNotShared } from '../store/reencrypt.ts'
import { ForeignKeyError } from '../store/vault.ts'
import type { Ending } from './verb.ts'

/** Their messages are written for operators and say what to do. */
const speakForThemselves = [EmbeddedPostgresError, KeyFileError, MigrationRefused]

type Failure = Ending & { ok: false }
type SystemError = Error & { code: string; port?: number; address?: string; path?: string }

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
  // mkdir's words for a file at the path itself, and for one on the way there.
  EEXIST: dataDir,
  ENOTDIR: dataDir,
  ECONNREFUSED: database,
  ENOTFOUND: database,
  ETIMEDOUT: database,
  SELF_SIGNED_CERT_IN_CHAIN: certificate,
  DEPTH_ZERO_SELF_SIGNED_CERT: certificate,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: certificate,
  CERT_HAS_EXPIRED: certificate,
  ERR_TLS_CERT_ALTNAME_INVALID: certificate,
  '28P01': database,
  '28000': database,
  '3D000': database,
}

/** What the driver of Postgres says in words only: its error has no code. */
const adviceByWords: readonly { words: RegExp; say: Failure }[] = [
  {
    words: /^The server does not support SSL connections/,
    say: failure(
      'the database server does not speak TLS, and DATABASE_URL asks for it with sslmode.',
      'Switch TLS on at the server, or, on a network you trust, end DATABASE_URL with ?sslmode=disable.',
    ),
  },
  {
    words:
      /^(timeout expired|timeout exceeded when trying to connect|Connection terminated due to connection timeout)/,
    say: failure(
      'the database did not answer within 10 seconds: nothing at the address in DATABASE_URL replies.',
      'Check the host and port in DATABASE_URL, and that no firewall between here and there drops the packets.',
    ),
  },
]

/** The only folders we make are DATA_DIR and those in it. */
function dataDir({ path, message }: SystemError): Failure {
  return failure(
    `DATA_DIR cannot be made a folder: ${path ?? message} is a file, or lies below one.`,
    'Set DATA_DIR to a folder, or to a place where one can be made.',
  )
}

function foreignKey({ ourKeyId, usedKeyId }: ForeignKeyError): Failure {
  return failure(
    `a key of this database is missing: secrets in it were encrypted with ${usedKeyId}, and ENCRYPTION_KEY has the id ` +
      `${ourKeyId}. Nothing was changed.`,
    'Set ENCRYPTION_KEY to the key that was used so far (one that Waxwing made is in DATA_DIR/encryption-key), or give ' +
      'that one as ENCRYPTION_KEY_OLD to change to a new one (docs/keys.md). Without it the secrets cannot be read.',
  )
}

function database({ message }: SystemError): Failure {
  return failure(
    `the database does not let us in: ${message}.`,
    'Check DATABASE_URL (host, port, user, password, database name), and that the server is up.',
  )
}

/** At start we speak TLS with the database only. */
function certificate({ message }: SystemError): Failure {
  return failure(
    `the certificate of the database server is not trusted: ${message}.`,
    'Name the file of its authority in DATABASE_URL: ?sslmode=verify-full&sslrootcert=/path/to/ca.pem.',
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
  if (error instanceof ForeignKeyError) return foreignKey(error)
  if (error instanceof KeyNotShared)
    return failure(
      error.message,
      'Restart every gateway with the new key as ENCRYPTION_KEY and the old one as ENCRYPTION_KEY_OLD, then run this again.',
    )
  if ('code' in error && typeof error.code === 'string') {
    const known = advice[error.code]
    if (known) return known(error as SystemError)
  }
  const worded = adviceByWords.find(({ words }) => words.test(error.message))
  if (worded) return worded.say
  return failure(error.stack ?? error.message, 'Run "npx waxwing doctor": it checks what this needs.')
}
