import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { QrCode } from 'lucide-react'
import type { Session } from '../../operations.ts'
import { SessionPill } from '../../parts/session-pill.tsx'
import { usePages, useRead } from '../../query.ts'
import { LinkButton } from '../../ui/button.tsx'
import { Choice } from '../../ui/field.tsx'
import { Empty, Failed, Loading } from '../../ui/list-states.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { UseSandbox } from '../welcome/use-sandbox.tsx'
import { Arrivals } from './arrivals.tsx'
import { ChatList } from './chat-list.tsx'
import { useChats } from './chats.ts'
import { Phone } from './phone.tsx'

const route = getRouteApi('/sandbox')

/** A simulated WhatsApp to play with: people write to the number, and what the webhooks get stands beside it. */
export function Sandbox() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/sandbox' })
  const settings = useRead('getSettings', {})
  const list = usePages('listSessions', {}, { every: 3_000, limit: 250 })
  const sessions = list.items.filter(({ network }) => network === 'sandbox')
  const session = sessions.find(({ id }) => id === search.session) ?? sessions[0]
  const set = (change: Partial<typeof search>) =>
    navigate({ search: { ...search, ...change }, replace: true })
  return (
    <Page
      title="Sandbox"
      beside={session && <SessionPill status={session.status} />}
      description="A simulated WhatsApp on this gateway. Write as somebody, and watch what your webhooks get. Nothing leaves this machine but those."
      actions={
        sessions.length > 1 && (
          <Choice
            label="Session"
            silent
            value={session?.id}
            onChange={({ target }) => set({ session: target.value, chat: undefined })}
            options={sessions.map(({ id, name }) => [id, name])}
          />
        )
      }
    >
      {settings.isPending || list.isPending ? (
        <Card flush>
          <Loading />
        </Card>
      ) : settings.isError || list.isError ? (
        <Card flush>
          <Failed error={settings.error ?? list.error} retry={list.refetch} />
        </Card>
      ) : !settings.data.sandbox ? (
        <Card flush>
          <Empty title="This gateway runs no sandbox.">
            Start it with <code className="font-mono text-xs">SANDBOX=true</code>; on embedded defaults it is
            on by itself.
          </Empty>
        </Card>
      ) : session === undefined ? (
        <Card flush>
          <Empty title="No session is in the sandbox yet." action={<UseSandbox />}>
            It gets a number there and links itself; no phone is needed.
          </Empty>
        </Card>
      ) : session.phone === null || session.status === 'logged_out' ? (
        <Card flush>
          <Empty
            title={`${session.name} is not linked.`}
            action={
              <LinkButton
                variant="solid"
                icon={<QrCode />}
                to="/sessions/$id/link"
                params={{ id: session.id }}
              >
                Link it
              </LinkButton>
            }
          >
            Its simulated phone scans the code when you ask it to.
          </Empty>
        </Card>
      ) : (
        <Playground key={session.id} session={session} chat={search.chat} choose={chat => set({ chat })} />
      )}
      <SameWithApi
        operation="saySandbox"
        input={{
          params: { number: '15550111' },
          body: { session_id: session?.id ?? 'SESSION_ID', text: 'Hello' },
        }}
      />
    </Page>
  )
}

function Playground({
  session,
  chat: asked,
  choose,
}: {
  session: Session
  chat: string | undefined
  choose: (chat: string) => void
}) {
  const chats = useChats(session)
  const chat = chats.find(({ id }) => id === asked) ?? chats[0]
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[13rem_minmax(0,1fr)_minmax(0,1fr)]">
      <ChatList session={session} chats={chats} chosen={chat?.id} choose={choose} />
      {chat && <Phone key={chat.id} session={session} chat={chat} />}
      <Arrivals session={session} />
    </div>
  )
}
