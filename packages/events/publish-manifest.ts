/**
 * Writes what `npm publish packages/events/dist` needs beside the compiled files: the manifest with its entrances turned from
 * source to output, the licence and the README. The repository's own manifest points to the source, so nothing is built before a start.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const manifest = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))

const compiled = (source: string) => {
  const name = source.replace('./src/', './').replace(/\.ts$/, '')
  return { types: `${name}.d.ts`, default: `${name}.js` }
}
const { scripts: _scripts, exports: entrances, ...kept } = manifest
const published = {
  ...kept,
  exports: Object.fromEntries(
    Object.entries<string>(entrances).map(([path, source]) => [path, compiled(source)]),
  ),
}
writeFileSync(join(here, 'dist/package.json'), `${JSON.stringify(published, null, 2)}\n`)
for (const file of ['LICENSE', 'README.md']) copyFileSync(join(here, file), join(here, 'dist', file))
