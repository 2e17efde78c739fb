/**
 * SQL for deliveries of ordered webhooks, wherever they are born: with their event, or by a replay. Each has a chat, whose
 * turns it takes, and a position in it. What becomes of them is in claim.ts.
 */

/**
 * The chat of an event's row `e`: a chat of one session, for two numbers in one group are two conversations. Events
 * without a chat take turns with those of their session, and those without a session with one another. Cut off, for an
 * index holds no key of several kilobytes: should two chats look alike then, they take turns.
 */
export const chatOf = (e: string): string => `left(concat(${e}.session_id, '/', ${e}.chat), 255)`

/** Positions of one statement; a number none comes near, of which there are half a billion times a thousand. */
const positionsPerStatement = 2 ** 24

/** The position of the nth delivery of a statement: behind those of all earlier statements. One number a statement. */
export const positionOf = (nth: string): string =>
  `(select nextval('webhook_delivery_positions')) * ${positionsPerStatement} + ${nth}`
