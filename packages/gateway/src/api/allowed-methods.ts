/** Tells a path that does not exist from one that only lacks the method. */
import type { Api } from './api.ts'

/**
 * The methods that a path (without its query) answers, sorted; none for a path that does not exist. Must be called
 * before the routes are added: it learns them as they are. A wildcard route lends its methods to no path.
 */
export function learnMethods(app: Api): (path: string) => string[] {
  const patterns = new Map<string, { fits: RegExp; methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = patterns.get(url) ?? { fits: pathPattern(url), methods: new Set() }
    for (const one of [method].flat()) known.methods.add(one)
    patterns.set(url, known)
  })
  return path => {
    const fitting = [...patterns.values()].filter(({ fits }) => fits.test(path))
    return [...new Set(fitting.flatMap(({ methods }) => [...methods]))].sort()
  }
}

/** `/sessions/:id` fits any one segment there, as the router has it. */
function pathPattern(url: string): RegExp {
  const parts = url
    .split('/')
    .map(part => (part.startsWith(':') ? '[^/]+' : part.replace(/[^\w-]/g, char => `\\${char}`)))
  return new RegExp(`^${parts.join('/')}$`)
}
