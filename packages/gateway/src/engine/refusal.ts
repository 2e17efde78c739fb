import type { RefusalCode } from '../stream/commands.ts'

/** Why a command was not carried out: a code for programs, a sentence for people. */
export type Refusal = { ok: false; code: RefusalCode; detail: string }

export function refuse(code: RefusalCode, detail: string): Refusal {
  return { ok: false, code, detail }
}
