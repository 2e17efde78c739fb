/** The reference for people, at /docs: Scalar draws it from /openapi.json. Its script comes from here, nothing from elsewhere. */
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import Fastify from 'fastify'
import type { Api } from './api.ts'

/** Scalar writes style elements; its scripts, its fonts and what it asks for are ours. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Waxwing API</title>
</head>
<body>
<div id="reference"></div>
<noscript>The document of this API is at <a href="/openapi.json">/openapi.json</a>, what it sends at <a href="/asyncapi.json">/asyncapi.json</a>.</noscript>
<script src="/docs/scalar.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

/** Whatever would leave this machine is off: fonts, statistics, the assistant, the client that runs elsewhere. */
const start = `Scalar.createApiReference('#reference', {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
})
`

type Script = Record<'identity' | 'br' | 'gzip', Buffer>

export function docsPage(app: Api): void {
  const script = 'text/javascript; charset=utf-8'
  let scalar: Promise<Script> | null = null

  app.get('/docs', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('Content-Security-Policy', policy)
      .header('Cache-Control', 'no-cache')
      .send(page),
  )
  app.get('/docs/start.js', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(script).header('Cache-Control', 'no-cache').send(start),
  )
  app.get('/docs/scalar.js', { schema: { hide: true } }, async (request, reply) => {
    scalar ??= loadScalar()
    const files = await scalar
    const accepted = String(request.headers['accept-encoding'] ?? '')
    const encoding = (['br', 'gzip'] as const).find(name => accepted.includes(name))
    if (encoding) reply.header('Content-Encoding', encoding)
    return reply
      .type(script)
      .header('Vary', 'Accept-Encoding')
      .header('Cache-Control', 'public, max-age=86400')
      .send(files[encoding ?? 'identity'])
  })
}

/**
 * Five megabytes of script in a string of its module, so it is loaded when somebody first reads the reference. Its own
 * plugin is the only way to it that it promises to keep; its page is not, for it has a script inline.
 */
async function loadScalar(): Promise<Script> {
  const { default: plugin } = await import('@scalar/fastify-api-reference')
  const server = Fastify()
  await server.register(plugin, { routePrefix: '/', configuration: { content: {} } })
  const { rawPayload: identity } = await server.inject('/js/scalar.js')
  await server.close()
  const [br, zipped] = await Promise.all([
    // The default, 11, takes half a minute for a tenth less.
    promisify(brotliCompress)(identity, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
    promisify(gzip)(identity),
  ])
  return { identity, br, gzip: zipped }
}
