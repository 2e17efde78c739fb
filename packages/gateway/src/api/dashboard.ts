/** The dashboard: static files that another package builds, held in memory, and one page for every address of it. */
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Api, ApiDeps } from './api.ts'

/** The bytes of a file by encoding; `identity` always is there. */
type File = { type: string; identity: Buffer; br?: Buffer; gzip?: Buffer }
type Files = ReadonlyMap<string, File>

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
const encodings = { '.br': 'br', '.gz': 'gzip' } as const

/** Its own scripts, styles, fonts and API; nothing inline, nothing from elsewhere. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * Answers what no route answers. Must be registered before the hook that refuses it. A browser that asks for a page gets
 * the dashboard, which knows its own addresses; everything under /api stays the API's.
 */
export function dashboardPages(app: Api, { dashboard, log }: Pick<ApiDeps, 'dashboard' | 'log'>): void {
  let loading: Promise<Files> | null = null
  const load = () => {
    loading ??= dashboard().then(readFiles)
    // Whoever comes next tries again: a full disk may have been emptied.
    loading.catch(() => {
      loading = null
    })
    return loading
  }

  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const isPage = path === '/' || /\btext\/html\b/.test(request.headers.accept ?? '')
    if (!isPage && !/^\/(assets\/|[\w-]+\.(js|svg)$)/.test(path)) return
    const files = await load().catch(error => {
      log.error({ err: error }, 'the dashboard cannot be shown')
      return null
    })
    if (files === null) return reply.code(503).type('text/plain; charset=utf-8').send(unavailable)
    const file = files.get(path) ?? (isPage ? files.get('/index.html') : undefined)
    if (file) return send(request, reply, { file, forever: path.startsWith('/assets/') })
  }

  app.addHook('onRequest', async (request, reply) => {
    const asksApi = /^\/api(\/|\?|$)/.test(request.url)
    if (request.is404 && !asksApi && ['GET', 'HEAD'].includes(request.method)) return answer(request, reply)
  })
  // A plugin is loaded after all that is said directly, so those who list the methods of a path learn of this one.
  app.register(async scope => {
    scope.get('/', { schema: { hide: true } }, answer)
  })
}

const unavailable =
  'The dashboard could not be built; the log of the gateway says why. The API works without it: see /openapi.json.\n'

function send(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { file, forever }: { file: File; forever: boolean },
): FastifyReply {
  const accepted = headers['accept-encoding'] ?? ''
  const encoding = (['br', 'gzip'] as const).find(name => file[name] && accepted.includes(name))
  if (encoding) reply.header('Content-Encoding', encoding)
  return reply
    .type(file.type)
    .header('Content-Security-Policy', policy)
    .header('Vary', 'Accept-Encoding')
    .header('Cache-Control', forever ? 'public, max-age=31536000, immutable' : 'no-cache')
    .send(encoding ? file[encoding] : file.identity)
}

/** By their path in the address. What was compressed when it was built stands beside its original. */
async function readFiles(folder: string): Promise<Files> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length))
    .sort()
  const files = new Map<string, File>()
  for (const name of names) {
    const bytes = await readFile(join(folder, name))
    const extension = extname(name)
    const original = files.get(name.slice(0, -extension.length))
    const encoding = encodings[extension as keyof typeof encodings]
    if (encoding && original) original[encoding] = bytes
    else files.set(name, { type: types[extension] ?? 'application/octet-stream', identity: bytes })
  }
  return files
}
