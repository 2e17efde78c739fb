import type { EventDraft } from '@waxwing/events/event-id'
import type { WAMessage } from 'baileys'
import { LRUCache } from 'lru-cache'
import type { AuthState } from './auth-state.ts'
import type { MessageReader } from './intake.ts'
import { draft, secondsOf, type TranslationContext } from './translate/context.ts'
import { messageRef, wireAddress, wireKey } from './translate/key.ts'

/** People whose name is in memory: more than write to one number in an hour. */
const remembered = 2_000
const type = 'push-name'

/**
 * Every message repeats the name its author chose. It is news once: the last one is kept beside the keys, as their own
 * type. `told` resolves when what was returned so far is committed; only then is a name kept, so that a crash tells it
 * again, under the same id, and never not at all.
 */
export function createPushNames(
  auth: Pick<AuthState, 'read' | 'write'>,
  told: () => Promise<void>,
): MessageReader {
  const names = new LRUCache<string, string>({ max: remembered })

  async function isNews(author: string, name: string): Promise<boolean> {
    const known = names.get(author) ?? parsed(await auth.read(type, author))
    names.set(author, name)
    return known !== name
  }

  function keep(author: string, name: string): void {
    void told().then(() => auth.write({ [type]: { [author]: JSON.stringify(name) } }))
  }

  async function takeOne(message: WAMessage, context: TranslationContext): Promise<EventDraft[]> {
    const ref = messageRef(message.key, context)
    const { pushName } = message
    if (!ref || ref.fromMe || !pushName) return []
    const author = wireAddress(ref.participant.jid, ref.participant.lid)
    if (!(await isNews(author, pushName))) return []
    keep(author, pushName)
    const at = new Date(secondsOf(message.messageTimestamp, context.now) * 1000)
    const fact = { at, chat: ref.from, naturalKey: [...wireKey(message.key), 'name'] }
    return [draft('contacts.update', { ...ref.participant, pushName }, fact, context)]
  }

  return {
    async take(messages, context) {
      const news: EventDraft[] = []
      for (const message of messages) news.push(...(await takeOne(message, context)))
      return news
    },
  }
}

function parsed(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as string)
}
