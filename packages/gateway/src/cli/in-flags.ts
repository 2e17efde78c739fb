/**
 * What a verb's command line calls the things of the API: by the JSON Pointer into the body it sends (`/webhook_id`), or
 * by the code of a problem (`webhook_not_found`).
 */
export type Flags = Readonly<Record<string, string>>

/** A problem document as the API answers with it, as far as it is of use here. */
export type ProblemAnswer = {
  title?: string
  detail?: string
  code?: string
  errors?: readonly { pointer: string; detail: string }[]
}

/** What went wrong and what to do next, told with the flags a person typed instead of the fields they became. */
export function inFlags(answer: ProblemAnswer, flags: Flags): { problem?: string; next?: string } {
  const { title, detail, code = '', errors = [] } = answer
  const order = Object.keys(flags)
  const named = errors
    .filter(({ pointer }) => order.includes(pointer))
    .sort((one, other) => order.indexOf(one.pointer) - order.indexOf(other.pointer))
  if (named.length === 0 || named.length < errors.length) {
    const flag = flags[code]
    return { problem: flag && title ? `${flag}: ${title}` : title, next: detail }
  }
  return {
    problem: named.map(one => `${flags[one.pointer]}: ${withFlags(one.detail, flags)}`).join('\n'),
    next: 'Nothing was changed. --help shows what each takes.',
  }
}

/** Details name other fields in backticks: `until`, or `force: true`. */
function withFlags(detail: string, flags: Flags): string {
  const said = Object.entries(flags).reduce((text, [pointer, flag]) => {
    const field = pointer.slice(1)
    return text.replaceAll(`\`${field}\``, flag).replaceAll(`\`${field}: true\``, flag)
  }, detail)
  return /[.!?]$/.test(said) ? said : `${said}.`
}
