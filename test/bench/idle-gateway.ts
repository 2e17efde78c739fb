import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataFolder, startGateway } from '../e2e/gateway.ts'

/** A whole gateway with its sandbox, left alone: its Node process's memory and share of a core over twenty seconds. */
export async function idleGateway(): Promise<{ resident_mb: number; core_percent: number }> {
  const folder = await dataFolder()
  const gateway = await startGateway({ dataDir: folder.path })
  try {
    await sleep(10_000)
    const before = ticksOf(gateway.pid)
    const seconds = 20
    await sleep(seconds * 1_000)
    // A tick is a hundredth of a second (USER_HZ).
    const corePercent = (ticksOf(gateway.pid) - before) / seconds
    return { resident_mb: residentMb(gateway.pid), core_percent: Math.round(corePercent * 10) / 10 }
  } finally {
    await gateway.stop()
    await folder.remove()
  }
}

function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

/** Resident memory of a process in MB, as Linux counts it. */
export function residentMb(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Math.round(Number(line?.[1]) / 1024)
}
