/** What one check of `doctor` found, and for what is not well the way to mend it. */
export type Finding = { level: 'ok' | 'warn' | 'fail'; subject: string; words: string; fix?: string }

export function ok(subject: string, words: string): Finding {
  return { level: 'ok', subject, words }
}

export function warn(subject: string, words: string, fix: string): Finding {
  return { level: 'warn', subject, words, fix }
}

export function fail(subject: string, words: string, fix: string): Finding {
  return { level: 'fail', subject, words, fix }
}
