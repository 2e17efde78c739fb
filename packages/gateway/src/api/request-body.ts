/** Bytes to a JSON value that the database can hold, or a named refusal. JSON is the only body there is. */
import type { Api } from './api.ts'
import { type FieldError, invalid, problem } from './problem.ts'
import { pointerOf } from './validate.ts'

/** Nothing in the contract nests deeper than 6; deeper values overflow the stack of whoever walks them by recursion. */
const MAX_DEPTH = 32

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

export function readJsonBodies(app: Api): void {
  app.removeAllContentTypeParsers()
  // Refuses `__proto__` and `constructor.prototype` keys; JSON.parse alone would let them through.
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    // `curl -X POST -H 'Content-Type: application/json'` without a body is a fair way to call /connect.
    if (bytes.length === 0) return done(null, undefined)
    const text = decode(bytes)
    if (text === null) return done(problem('malformed_json', 'The body is not valid UTF-8.'))
    parse(request, text, (error, value) => (error ? done(problem('malformed_json')) : done(null, value)))
  })
  app.addHook('preValidation', async request => {
    const faults = [
      ...unstorable(request.body),
      ...unstorable(request.query).map(fault => ({ ...fault, pointer: `?${fault.pointer.slice(1)}` })),
    ]
    if (faults.length > 0) throw invalid(faults)
  })
}

function decode(bytes: Buffer): string | null {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return null
  }
}

/**
 * What Postgres cannot keep as text (NUL, half a surrogate pair) and what nests too deep, the first fault only.
 * Without this such a value would pass every length check and fail in the middle of a statement.
 */
export function unstorable(root: unknown): FieldError[] {
  const open: { value: unknown; path: string[] }[] = [{ value: root, path: [] }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path } = next
    if (typeof value === 'string' && !isStorableText(value)) return [unstorableText(path)]
    if (typeof value !== 'object' || value === null) continue
    if (path.length >= MAX_DEPTH)
      return [{ pointer: pointerOf(path), detail: `Nested deeper than ${MAX_DEPTH} levels.` }]
    for (const [key, child] of Object.entries(value)) {
      if (!isStorableText(key)) return [unstorableText(path)]
      open.push({ value: child, path: [...path, key] })
    }
  }
  return []
}

function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

function unstorableText(path: string[]): FieldError {
  return { pointer: pointerOf(path), detail: 'Text may not contain NUL characters or unpaired surrogates.' }
}
