import type { MessageContent } from './message-content.ts'

/** Every reason a command may be refused for; an expected refusal is a value, never an exception. */
export type RefusalCode =
  | 'session_not_found'
  | 'session_not_connected'
  | 'session_already_linked'
  | 'invalid_recipient'
  | 'not_on_whatsapp'
  | 'network_unavailable'
  | 'whatsapp_refused'
  | 'engine_unavailable'
  | 'timeout'
  | 'internal_error'

/** What the api may ask of an engine. Arguments and results are plain JSON: they may cross a process border. */
export type CommandMap = {
  'session.connect': { args: { sessionId: string }; result: { status: string } }
  'session.logout': { args: { sessionId: string }; result: { status: string } }
  'session.restart': { args: { sessionId: string }; result: { status: string } }
  /** Closes the socket, logs out as well as it can and forgets the keys. */
  'session.remove': { args: { sessionId: string }; result: Record<string, never> }
  'session.pairing-code': {
    args: { sessionId: string; phone: string }
    /** `expiresAt` is an ISO time. */
    result: { code: string; expiresAt: string }
  }
  'session.apply-settings': { args: { sessionId: string }; result: { appliedAt: string } }
  /** What the session counts since it was started (engine/figures.ts says what); null when this engine does not hold it. */
  'session.figures': { args: { sessionId: string }; result: { figures: SessionCounts | null } }
  'message.send': {
    args: { sessionId: string; to: string; content: MessageContent }
    /** `to` is the jid it went to, `timestamp` an ISO time. */
    result: { messageId: string; to: string; timestamp: string }
  }
}

/** Times in milliseconds. */
export type SessionCounts = Record<
  'recovered' | 'remembered' | 'undecryptable' | 'refused' | 'asked' | 'gated' | 'gateMs' | 'longestGateMs',
  number
>

export type CommandName = keyof CommandMap
export type CommandArgs<N extends CommandName> = CommandMap[N]['args']
export type CommandResult<N extends CommandName> = CommandMap[N]['result']
export type CommandAnswer<R> = { ok: true; result: R } | { ok: false; code: RefusalCode; detail: string }
export type CommandHandlers = {
  [N in CommandName]: (args: CommandArgs<N>) => Promise<CommandAnswer<CommandResult<N>>>
}

/** The small river against the stream: api -> engine, answered. */
export type Commands = {
  /**
   * Asks and waits for the answer, 30 s unless told otherwise. Never rejects: nobody serving is
   * `engine_unavailable`, no answer in time is `timeout` (the command may still be carried out),
   * a handler that throws is `internal_error`.
   */
  call<N extends CommandName>(
    name: N,
    args: CommandArgs<N>,
    options?: { timeoutMs?: number },
  ): Promise<CommandAnswer<CommandResult<N>>>
  serve(handlers: CommandHandlers): { stop(): void }
}

/** Longer than any command should take; WhatsApp itself answers a query within a minute or never. */
export const defaultCommandTimeoutMs = 30_000
