import type { Command } from 'commander'
import { type Config, loadConfig, type Problem, type VariableName } from '../config.ts'

/** How a verb ends: done, or a sentence on what went wrong and one on what to do next. */
export type Ending =
  | { ok: true }
  | { ok: false; problem: string; next: string; problems?: readonly Problem[] }

/** Where a verb speaks. People read `say`, programs read `tell` (one JSON object a line); only one of them is heard. */
export type Voice = {
  readonly json: boolean
  say(text: string): void
  tell(record: object): void
}

export function voiceOf(json: boolean): Voice {
  return {
    json,
    say: text => (json ? undefined : void process.stdout.write(`${text}\n`)),
    tell: record => (json ? void process.stdout.write(`${JSON.stringify(record)}\n`) : undefined),
  }
}

type Options = { json?: boolean } & Record<string, unknown>

/**
 * Gives a command `--json` and the one way all verbs end: exit code 0, or 1 and what to do next.
 * `load` imports what the verb does; it gets the options, and the arguments that are no options.
 */
export function verb<O extends Options>(
  command: Command,
  load: () => Promise<(voice: Voice, options: O, args: readonly string[]) => Promise<Ending>>,
): void {
  command.option('--json', 'print JSON, one object a line').action(async () => {
    const options = command.opts<O>()
    const voice = voiceOf(options.json === true)
    const ending = await load()
      .then(run => run(voice, options, command.args))
      .catch(async error => (await import('./explain.ts')).explain(error))
    if (ending.ok) return
    process.exitCode = 1
    voice.tell({ ok: false, problem: ending.problem, next: ending.next, problems: ending.problems })
    if (!voice.json) process.stderr.write(`${inWords(fullName(command), ending)}\n`)
  })
}

/** `secret rotate`: with the verb it belongs to, without the program. */
function fullName(command: Command): string {
  const above = command.parent?.parent ? `${fullName(command.parent)} ` : ''
  return above + command.name()
}

function inWords(name: string, ending: Ending & { ok: false }): string {
  const lines = [`waxwing ${name}: ${ending.problem}`]
  for (const { variable, fault, fix } of ending.problems ?? [])
    lines.push(`  ${variable} ${fault}.`, `    ${fix}`)
  return [...lines, ending.next].join('\n')
}

/** The environment's config, or the ending that lists everything wrong with it. Warnings go to standard error at once. */
export function configOf(
  flags: Partial<Record<VariableName, string>> = {},
): { ok: true; config: Config } | { ok: false; ending: Ending } {
  const loaded = loadConfig(undefined, flags)
  for (const { variable, fault, fix } of loaded.warnings)
    process.stderr.write(`warning: ${variable} ${fault}. ${fix}\n`)
  if (loaded.ok) return loaded
  const count = loaded.problems.length === 1 ? 'one thing' : `${loaded.problems.length} things`
  return {
    ok: false,
    ending: {
      ok: false,
      problem: `the environment has ${count} to put right:`,
      problems: loaded.problems,
      next: 'All variables: docs/reference/config.md. Nothing was started.',
    },
  }
}
