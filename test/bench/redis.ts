import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A Redis of the bench's own on a Unix socket, keeping nothing; null where there is no redis-server. */
export async function startRedis(): Promise<{ path: string; stop(): Promise<void> } | null> {
  const folder = await mkdtemp(join(tmpdir(), 'waxwing-redis-'))
  const socket = join(folder, 'redis.sock')
  const options = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder]
  const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] })
  const failed = once(child, 'error').then(() => false)
  const ready = await Promise.race([failed, untilReady(createInterface(child.stdout))])
  if (!ready) {
    await rm(folder, { recursive: true, force: true })
    return null
  }
  return {
    path: socket,
    async stop() {
      child.kill()
      await once(child, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function untilReady(lines: AsyncIterable<string>): Promise<boolean> {
  for await (const line of lines) if (line.includes('ready to accept connections')) return true
  return false
}
