/** What an event says, in a few words: for a line in a list. Looks only at fields that many types share. */
export function gist(payload: Record<string, unknown>): string {
  const data = (payload.data ?? {}) as Record<string, unknown>
  const about = isText(data.eventType) ? data.eventType : null
  const text = ['body', 'text', 'subject', 'emoji', 'reason', 'message'].map(key => data[key]).find(isText)
  const kind = isText(data.type) && data.type !== 'text' ? data.type : null
  const state = isText(data.status) ? data.status : isText(data.action) ? data.action : null
  const who = [data.pushName, data.name, data.from, data.chat, data.webhookName].find(isText)
  const said = [kind, about, state, text && (text.length > 140 ? `${text.slice(0, 140)}…` : text)]
    .filter(Boolean)
    .join(' · ')
  return [who && short(who), said].filter(Boolean).join(': ')
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** A jid without its server. */
function short(who: string): string {
  return who.replace(/@[\w.]+$/, '')
}
