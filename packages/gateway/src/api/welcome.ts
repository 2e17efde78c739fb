/** The page at `/`: what this is and what to call. Its files are the dashboard package's; here they only get their headers. */
import { readFile } from 'node:fs/promises'
import type { Api, ApiDeps } from './api.ts'

const files = [
  { url: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/welcome.css', file: 'welcome.css', type: 'text/css; charset=utf-8' },
  { url: '/welcome.js', file: 'welcome.js', type: 'text/javascript; charset=utf-8' },
]

/** Only its own style and script; nothing may be sent anywhere. */
const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export async function welcomeRoutes(app: Api, { publicUrl }: Pick<ApiDeps, 'publicUrl'>): Promise<void> {
  for (const { url, file, type } of files) {
    const source = await readFile(
      new URL(import.meta.resolve(`@waxwing/dashboard/src/welcome/${file}`)),
      'utf8',
    )
    // The script puts in the address it was loaded from; without scripts, what the operator said is the best guess.
    const text =
      publicUrl === null ? source : source.replaceAll('http://localhost:3000', escapeHtml(publicUrl))
    app.get(url, { schema: { hide: true } }, async (_request, reply) =>
      reply
        .type(type)
        .header('Content-Security-Policy', policy)
        .header('Cache-Control', 'no-cache')
        .send(text),
    )
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
