#!/usr/bin/env node
// Plain JavaScript on purpose: an old Node must be able to read this file and say what is wrong.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `Waxwing needs Node 22.19 or newer; this is ${process.version}. Inside the repository, "npm start" and "npx waxwing" use the Node 24 that "npm ci" installed.`,
  )
  process.exit(1)
}
await import('../src/main.ts')
