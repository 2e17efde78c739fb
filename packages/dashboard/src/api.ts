/** The gateway's API as the dashboard calls it: every operation by its name, typed by what the routes say. */
import { credential } from './credential.ts'
import { type Operations, type Problem, routes } from './operations.ts'
import { Refusal } from './refusal.ts'

export type OperationName = keyof Operations
export type Input<N extends OperationName> = Operations[N]['input']
export type Answer<N extends OperationName> = Operations[N]['answer']

type LooseInput = {
  params?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
}

/** Calls an operation. Rejects with a Refusal, whatever went wrong. */
export async function call<N extends OperationName>(
  name: N,
  input: Input<N> & LooseInput,
  options: { signal?: AbortSignal } = {},
): Promise<Answer<N>> {
  const { method, path } = requestOf(name, input)
  const response = await fetch(path, {
    method,
    headers: {
      Accept: 'application/json',
      ...credential.headers(),
      ...(input.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    body: input.body === undefined ? undefined : JSON.stringify(input.body),
    signal: options.signal,
  }).catch(error => {
    if (options.signal?.aborted) throw error
    throw new Refusal(0, {
      title: 'The gateway does not answer.',
      detail: 'Is it still running? This page tries again by itself.',
    })
  })
  const value = await bodyOf(response)
  if (response.ok) return value as Answer<N>
  if (response.status === 401) credential.refused()
  throw new Refusal(response.status, (value ?? {}) as Partial<Problem>)
}

/** The same call for a terminal. The key is left out: a page is read over shoulders. */
export function curlOf<N extends OperationName>(name: N, input: Input<N> & LooseInput): string {
  const { method, path } = requestOf(name, input)
  const lines = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}'${location.origin}${path}'`,
    `-H 'Authorization: Bearer $WAXWING_KEY'`,
  ]
  if (input.body !== undefined && input.body !== null)
    lines.push(`-H 'Content-Type: application/json'`, `-d ${shellQuoted(JSON.stringify(input.body))}`)
  return lines
    .join(' \\\n  ')
    .replace(`'Authorization: Bearer $WAXWING_KEY'`, `"Authorization: Bearer $WAXWING_KEY"`)
}

export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function requestOf(name: OperationName, { params = {}, query = {} }: LooseInput) {
  const [method = 'GET', pattern = ''] = routes[name].split(' ')
  const path = pattern.replace(/\{(\w+)\}/g, (_, key) => encodeURIComponent(params[key] ?? ''))
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const search = new URLSearchParams(asked.map(([key, value]) => [key, String(value)])).toString()
  return { method, path: search ? `${path}?${search}` : path }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
