/** Asking an engine: its result, or its refusal as a problem of the same name. */
import type { CommandArgs, CommandName, CommandResult, Commands } from '../stream/commands.ts'
import { problem } from './problem.ts'

export async function ask<N extends CommandName>(
  commands: Pick<Commands, 'call'>,
  name: N,
  args: CommandArgs<N>,
): Promise<CommandResult<N>> {
  const answer = await commands.call(name, args)
  if (answer.ok) return answer.result
  // What a bug says about itself is for the log of the engine, not for the caller.
  throw problem(answer.code, answer.code === 'internal_error' ? undefined : answer.detail)
}
