import { Link } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button, LinkButton } from '../../ui/button.tsx'
import { cn } from '../../ui/class-names.ts'
import { Page } from '../../ui/page.tsx'
import { noteVerified, skipWelcome } from './noted.ts'
import { useProgress } from './steps.ts'
import { UseInbox } from './use-inbox.tsx'
import { UseSandbox } from './use-sandbox.tsx'

/** From nothing to the first real message. */
export function Welcome() {
  const progress = useProgress()
  const { sessionId, webhookId, linked, hasWebhook, tested, verified, received } = progress
  const done = [linked, hasWebhook, tested, verified, received]
  const count = done.filter(Boolean).length
  const next = done.indexOf(false)
  const params = { id: webhookId ?? '' }
  return (
    <Page
      narrow
      title={count === 5 ? 'All set' : 'WhatsApp in, signed webhooks out'}
      description={
        count === 5
          ? 'A message came in and went out, signed. The rest is yours.'
          : 'Five steps to the first message. Each ticks itself when it is done.'
      }
      actions={
        <LinkButton to="/" onClick={skipWelcome}>
          {count === 5 ? 'To the overview' : 'Skip'}
        </LinkButton>
      }
    >
      <div
        role="progressbar"
        aria-label="Steps done"
        aria-valuenow={count}
        aria-valuemin={0}
        aria-valuemax={5}
        className="mb-4 h-1 overflow-hidden rounded-full bg-hover"
      >
        <div
          className="h-full rounded-full bg-good transition-[width] duration-100"
          style={{ width: `${count * 20}%` }}
        />
      </div>
      <ol className="overflow-hidden rounded-xl border border-line bg-surface">
        <Step
          number={1}
          done={linked}
          open={next === 0}
          title="Link a number"
          detail="Or open the sandbox: a simulated WhatsApp with a phone and contacts, on this machine."
        >
          <LinkButton
            variant="solid"
            {...(sessionId
              ? { to: '/sessions/$id/link', params: { id: sessionId } }
              : { to: '/sessions', search: { new: 1 as const } })}
          >
            Link a number
          </LinkButton>
          <UseSandbox />
        </Step>
        <Step
          number={2}
          done={hasWebhook}
          open={next === 1}
          title="Add a webhook"
          detail="The URL of your receiver. None yet? The built-in inbox shows what one would get."
        >
          <LinkButton variant="solid" to="/webhooks/new">
            New webhook
          </LinkButton>
          <UseInbox />
        </Step>
        <Step
          number={3}
          done={tested}
          open={next === 2}
          title="Send a test"
          detail="One signed event now, with the answer, its timings, and a hint when it fails."
        >
          <LinkButton variant="solid" disabled={!hasWebhook} to="/webhooks/$id/test" params={params}>
            Send a test
          </LinkButton>
        </Step>
        <Step
          number={4}
          done={verified}
          open={next === 3}
          title="Verify the signature"
          detail="So that nobody else can call your receiver. The inbox does it by itself."
        >
          <LinkButton variant="solid" disabled={!hasWebhook} to="/webhooks/$id/signing" params={params}>
            Code for eight languages
          </LinkButton>
          <Button onClick={noteVerified}>My receiver verifies</Button>
        </Step>
        <Step
          number={5}
          done={received}
          open={next === 4}
          title="Receive a real message"
          detail="Write to the linked number from another phone, or as a contact in the sandbox."
        >
          <LinkButton variant="solid" to="/sandbox">
            Write in the sandbox
          </LinkButton>
          <LinkButton to="/live">Watch it arrive</LinkButton>
        </Step>
      </ol>
      <p className="mt-6 text-sm text-soft">
        Rather by terminal? Every page shows the same call as cURL, and{' '}
        <a href="/openapi.json" className="text-accent underline underline-offset-2">
          openapi.json
        </a>{' '}
        has every route. All types of events are in the{' '}
        <Link to="/events" className="text-accent underline underline-offset-2">
          catalog
        </Link>
        .
      </p>
    </Page>
  )
}

function Step({
  number,
  done,
  open,
  title,
  detail,
  children,
}: {
  number: number
  done: boolean
  open: boolean
  title: string
  detail: string
  children: ReactNode
}) {
  return (
    <li className="flex gap-4 border-b border-line px-4 py-4 last:border-b-0 sm:px-5">
      <span
        className={cn(
          'flex size-7 shrink-0 items-center justify-center rounded-full text-sm font-semibold',
          done ? 'bg-good-tint text-good' : open ? 'bg-solid text-on-solid' : 'bg-hover text-soft',
        )}
      >
        {done ? <Check className="size-4" aria-label="Done" /> : number}
      </span>
      <div className="min-w-0 flex-1">
        <h2 className={cn('leading-7 font-medium', done && 'text-soft')}>{title}</h2>
        {!done && <p className="text-sm text-soft text-pretty">{detail}</p>}
        {open && <div className="mt-3 flex flex-wrap gap-2">{children}</div>}
      </div>
    </li>
  )
}
