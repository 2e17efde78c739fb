import manifest from '../package.json' with { type: 'json' }

/** The gateway's version, as its manifest says; it is sent to receivers in `User-Agent`. */
export const version: string = manifest.version
