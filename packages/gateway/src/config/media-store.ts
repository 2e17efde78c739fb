import type { Kind } from './kinds.ts'

/** Where media are kept: in DATA_DIR, or in a bucket that speaks S3. `endpoint` has no trailing slash. */
export type MediaStore = 'file' | { bucket: string; prefix: string; endpoint: string; region: string }

const bad = (fault: string) => ({ ok: false, fault }) as const
const known = ['endpoint', 'region']

/** `s3://bucket/folder?endpoint=https://…&region=…`; without an endpoint it is Amazon's of the region. */
export const mediaStore: Kind<MediaStore> = {
  expects: 'file, or s3://bucket?endpoint=https://…&region=…',
  read(text) {
    if (text === 'file') return { ok: true, value: 'file' }
    const url = URL.parse(text)
    if (url?.protocol !== 's3:') return bad('is neither file nor an s3:// address')
    if (url.username !== '' || url.password !== '')
      return bad('carries credentials; they belong into MEDIA_STORE_KEY_ID and MEDIA_STORE_SECRET')
    const strange = [...url.searchParams.keys()].find(name => !known.includes(name))
    if (strange !== undefined) return bad(`says "${strange}"; it may say ${known.join(' and ')}`)
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.host)) return bad('names no bucket')
    const region = url.searchParams.get('region') ?? 'us-east-1'
    if (!/^[a-z0-9-]{1,40}$/.test(region)) return bad('names no region')
    const endpoint = url.searchParams.get('endpoint') ?? `https://s3.${region}.amazonaws.com`
    const parsed = URL.parse(endpoint)
    if (parsed === null || !['https:', 'http:'].includes(parsed.protocol) || parsed.search !== '')
      return bad('has an endpoint that is no https:// or http:// address')
    if (!/^(\/[\w.-]+)*\/?$/.test(url.pathname)) return bad('names a folder with unusual characters')
    const prefix = url.pathname.replace(/^\/+|\/+$/g, '')
    return { ok: true, value: { bucket: url.host, prefix, endpoint: endpoint.replace(/\/+$/, ''), region } }
  },
}

/** The id of an access key: harmless alone, and no place for blanks. */
export const accessKeyId: Kind<string> = {
  expects: 'the id of an access key for the bucket',
  read: text =>
    /^[\w.-]{3,128}$/.test(text)
      ? { ok: true, value: text }
      : bad('holds something other than letters, digits, "_", "." and "-"'),
}

export const accessSecret: Kind<string> = {
  expects: 'the secret of that access key',
  read: text =>
    /^[\x21-\x7e]{8,256}$/.test(text) ? { ok: true, value: text } : bad('is not 8 to 256 plain characters'),
}
