const words: Record<string, string> = {
  dns: 'The name was not found',
  refused: 'Nobody was listening',
  reset: 'The connection broke',
  tls: 'No secure connection',
  timeout: 'No answer in time',
  blocked: 'Not allowed to send there',
  redirect: 'Answered with a redirect',
  too_slow: 'The answer took too long',
  invalid_response: 'The answer was no HTTP',
  unknown: 'Cancelled before an attempt',
}

/** A cause as a person says it. */
export function causeWord(cause: string): string {
  return words[cause] ?? `Answered ${cause}`
}
