import type { Lane } from './lane.ts'

export declare function createMemoryLane(a: { limit: number }): Lane
