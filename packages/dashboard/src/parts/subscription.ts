/** What a list of patterns (`messages.received`, `messages.*`, `*`) covers, and how ticking a box changes it. */

export function covers(patterns: readonly string[], type: string): boolean {
  return patterns.some(
    pattern =>
      pattern === '*' ||
      pattern === type ||
      (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))),
  )
}

/** Switches types on or off. A pattern that covers more than what is switched off is replaced by the rest of it. */
export function switched(
  patterns: readonly string[],
  types: readonly string[],
  on: boolean,
  all: readonly string[],
): string[] {
  if (on) return [...patterns, ...types.filter(type => !covers(patterns, type))]
  return patterns.flatMap(pattern => {
    if (!types.some(type => covers([pattern], type))) return [pattern]
    return all.filter(type => covers([pattern], type) && !types.includes(type))
  })
}
