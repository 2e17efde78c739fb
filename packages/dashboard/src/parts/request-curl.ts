import { shellQuoted } from '../api.ts'

/** A request that was made to a receiver, to be made again by hand: same bytes, same signature. */
export function requestCurl(a: {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
}): string {
  const skipped = ['content-length', 'host', 'connection', 'transfer-encoding']
  const headers = Object.entries(a.headers).filter(([name]) => !skipped.includes(name.toLowerCase()))
  return [
    `curl -X POST ${shellQuoted(a.url)}`,
    ...headers.map(([name, value]) => `-H ${shellQuoted(`${name}: ${value}`)}`),
    `--data-binary ${shellQuoted(a.body)}`,
  ].join(' \\\n  ')
}
