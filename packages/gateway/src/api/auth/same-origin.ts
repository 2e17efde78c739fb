/** Whether a page of ours sent this request. Browsers say so, and pages cannot make them lie. */
import type { FastifyRequest } from 'fastify'

type Said = Pick<FastifyRequest, 'headers'>

/** Something in the request says that it comes from another site, or another port. */
export function isFromElsewhere({ headers }: Said, publicUrl: string | null): boolean {
  const site = headers['sec-fetch-site']
  // The most certain word, and the only one that survives a proxy that changes Host.
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const { origin } = headers
  return origin !== undefined && !isOurs(origin, headers.host, publicUrl)
}

/** As `isFromElsewhere` is not, and something says so: what a request needs that is believed for its cookie. */
export function isFromOurPage(request: Said, publicUrl: string | null): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (site === undefined && origin === undefined) return false
  return site !== 'none' && !isFromElsewhere(request, publicUrl)
}

/** By host alone when it is the host that was asked: a proxy may speak https to the browser and http to us. */
function isOurs(origin: string, host: string | undefined, publicUrl: string | null): boolean {
  const url = URL.canParse(origin) ? new URL(origin) : null
  if (url === null || url.host === '') return false
  return url.host === host?.toLowerCase() || (publicUrl !== null && url.origin === new URL(publicUrl).origin)
}
