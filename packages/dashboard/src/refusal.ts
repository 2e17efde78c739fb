import type { Problem } from './operations.ts'

/** Why a call was refused. `faults` names the fields, by JSON Pointer, that the gateway would not take. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly requestId: string | null
  readonly faults: { pointer: string; detail: string }[]
  constructor(status: number, document: Partial<Problem>) {
    super(document.detail ?? 'The gateway gave no reason.')
    this.status = status
    this.code = document.code ?? 'unreachable'
    this.title = document.title ?? 'The gateway refused this.'
    this.requestId = document.request_id ?? null
    this.faults = document.errors ?? []
  }
}

/** What a problem means to a person who reads it in a page. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  return new Refusal(0, { title: 'Something broke in this page.', detail: String(error) })
}
