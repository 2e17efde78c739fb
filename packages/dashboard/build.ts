/**
 * Builds the static files of the dashboard. A build is kept under the hash of everything it is made from, so it is made
 * once per change, and whoever has the same sources shares it: beside the sources where they may be written, else in a
 * folder of the caller. Run as a program (`npm start` does) it builds beside the sources and says where.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const here = import.meta.dirname
/** Everything that a build is made from, the libraries by the versions that the lock file names. */
const sources = [
  'index.html',
  'build.ts',
  'package.json',
  'tsconfig.json',
  'public/**/*',
  'src/**/*.*',
  '../events/src/signature.ts',
  '../../tsconfig.json',
  '../../package-lock.json',
]
/** Twenty times what it takes on a small machine. */
const BUILD_WITHIN_MS = 120_000

/** The folder of the built files. Builds them, in a process of its own, when nobody has. Rejects with what Vite said. */
export async function builtDashboard(a: { cacheDir?: string } = {}): Promise<string> {
  const name = hashOfSources()
  const shelves = [join(here, 'dist'), ...(a.cacheDir === undefined ? [] : [join(a.cacheDir, 'dashboard')])]
  const built = shelves.map(shelf => join(shelf, name)).find(folder => existsSync(join(folder, 'index.html')))
  if (built !== undefined) return built
  const shelf = shelves.find(isWritable)
  if (shelf === undefined)
    throw new Error(`The dashboard is not built, and none of ${shelves.join(', ')} can be written.`)
  const draft = mkdtempSync(join(shelf, '.draft-'))
  // What root has built is served by others, too.
  chmodSync(draft, 0o755)
  try {
    await buildInto(draft)
    return shelve(draft, shelf, name)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

function hashOfSources(): string {
  const hash = createHash('sha256')
  for (const path of globSync(sources, { cwd: here, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.includes('.test.'))
    .map(entry => join(entry.parentPath, entry.name))
    .sort())
    hash.update(path.slice(here.length)).update('\0').update(readFileSync(path))
  return hash.digest('hex').slice(0, 16)
}

function isWritable(shelf: string): boolean {
  try {
    mkdirSync(shelf, { recursive: true })
    const probe = join(shelf, `.probe-${process.pid}`)
    writeFileSync(probe, '')
    rmSync(probe)
    return true
  } catch {
    return false
  }
}

/** Vite, Rolldown and Tailwind take a second of a core and 200 MB: not in the process that delivers webhooks. */
async function buildInto(folder: string): Promise<void> {
  const child = spawn(process.execPath, [import.meta.filename, folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: BUILD_WITHIN_MS,
  })
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`The dashboard could not be built: ${said.trim() || `exit ${code}`}`)
}

/** Two processes may have built the same at once; the first to put it there wins. What older sources gave is thrown away. */
function shelve(draft: string, shelf: string, name: string): string {
  const folder = join(shelf, name)
  try {
    renameSync(draft, folder)
  } catch (error) {
    if (!existsSync(join(folder, 'index.html'))) throw error
  }
  for (const old of readdirSync(shelf))
    if (old !== name && !old.startsWith('.')) rmSync(join(shelf, old), { recursive: true, force: true })
  return folder
}

async function buildHere(folder: string): Promise<void> {
  const [{ build }, { default: tailwind }] = await Promise.all([import('vite'), import('@tailwindcss/vite')])
  await build({
    configFile: false,
    root: here,
    logLevel: 'error',
    // Vite's cache would be written into node_modules, which may be somebody else's.
    cacheDir: join(folder, '.vite'),
    plugins: [tailwind()],
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      // The policy of the page forbids fonts and images from data: addresses.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  })
  rmSync(join(folder, '.vite'), { recursive: true, force: true })
  compress(folder)
}

/** Once here instead of for every visitor. */
function compress(folder: string): void {
  for (const file of globSync('**/*.{html,js,css,svg,json}', { cwd: folder })) {
    const bytes = readFileSync(join(folder, file))
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
    writeFileSync(join(folder, `${file}.br`), brotliCompressSync(bytes, quality))
    writeFileSync(join(folder, `${file}.gz`), gzipSync(bytes, { level: 9 }))
  }
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2)
  if (folder === undefined)
    await builtDashboard().then(
      // A checkout that cannot be written is no fault: the gateway builds into its data folder.
      path => console.log(`dashboard: ${path}`),
      error => console.error(`${error.message} The gateway will try in its data folder.`),
    )
  else await buildHere(folder)
}
