import type { Logger } from 'pino'
import type { Commands } from './commands.ts'

export declare function createMemoryCommands(a: { log: Logger }): Commands
