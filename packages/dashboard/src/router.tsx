/** Every address of the dashboard. A page is loaded when somebody goes there. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  ErrorComponent,
  type ErrorComponentProps,
  Link,
  lazyRouteComponent,
} from '@tanstack/react-router'
import { deliverySearch } from './pages/deliveries/search.ts'
import { Shell } from './shell/shell.tsx'
import { Page } from './ui/page.tsx'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: Broken })
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
const child = () => root

const overview = createRoute({
  getParentRoute: child,
  path: '/',
  validateSearch: (search: Record<string, unknown>): { window?: string } => ({ window: text(search.window) }),
  component: lazyRouteComponent(() => import('./pages/overview/overview.tsx'), 'Overview'),
})
const welcome = createRoute({
  getParentRoute: child,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./pages/welcome/welcome.tsx'), 'Welcome'),
})
const sessions = createRoute({
  getParentRoute: child,
  path: '/sessions',
  validateSearch: (search: Record<string, unknown>): { status?: string; q?: string; new?: 1 } => ({
    status: text(search.status),
    q: text(search.q),
    new: search.new === undefined ? undefined : 1,
  }),
  component: lazyRouteComponent(() => import('./pages/sessions/sessions.tsx'), 'Sessions'),
})
const session = createRoute({
  getParentRoute: child,
  path: '/sessions/$id',
  component: lazyRouteComponent(() => import('./pages/session/session.tsx'), 'SessionPage'),
})
const link = createRoute({
  getParentRoute: child,
  path: '/sessions/$id/link',
  validateSearch: (search: Record<string, unknown>): { with?: 'code' } => ({
    with: search.with === 'code' ? 'code' : undefined,
  }),
  component: lazyRouteComponent(() => import('./pages/link/link.tsx'), 'LinkPage'),
})
const webhooks = createRoute({
  getParentRoute: child,
  path: '/webhooks',
  validateSearch: (search: Record<string, unknown>): { state?: string; q?: string } => ({
    state: text(search.state),
    q: text(search.q),
  }),
  component: lazyRouteComponent(() => import('./pages/webhooks/webhooks.tsx'), 'Webhooks'),
})
const newWebhook = createRoute({
  getParentRoute: child,
  path: '/webhooks/new',
  validateSearch: (search: Record<string, unknown>): { url?: string; event?: string } => ({
    url: text(search.url),
    event: text(search.event),
  }),
  component: lazyRouteComponent(() => import('./pages/webhook-editor/new-webhook.tsx'), 'NewWebhook'),
})
const webhook = createRoute({
  getParentRoute: child,
  path: '/webhooks/$id',
  component: lazyRouteComponent(() => import('./pages/webhook/webhook.tsx'), 'WebhookFrame'),
})
const webhookHealth = createRoute({
  getParentRoute: () => webhook,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/webhook/health.tsx'), 'WebhookHealth'),
})
const webhookTest = createRoute({
  getParentRoute: () => webhook,
  path: '/test',
  validateSearch: (search: Record<string, unknown>): { event?: string } => ({ event: text(search.event) }),
  component: lazyRouteComponent(() => import('./pages/webhook/test.tsx'), 'WebhookTestTab'),
})
const webhookSigning = createRoute({
  getParentRoute: () => webhook,
  path: '/signing',
  component: lazyRouteComponent(() => import('./pages/webhook/signing.tsx'), 'WebhookSigning'),
})
const webhookSettings = createRoute({
  getParentRoute: () => webhook,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/webhook/settings.tsx'), 'WebhookSettings'),
})
const deliveries = createRoute({
  getParentRoute: child,
  path: '/deliveries',
  validateSearch: deliverySearch,
  component: lazyRouteComponent(() => import('./pages/deliveries/deliveries.tsx'), 'Deliveries'),
})
const delivery = createRoute({
  getParentRoute: child,
  path: '/deliveries/$id',
  component: lazyRouteComponent(() => import('./pages/delivery/delivery.tsx'), 'DeliveryPage'),
})
const deadLetters = createRoute({
  getParentRoute: child,
  path: '/dead-letters',
  component: lazyRouteComponent(() => import('./pages/dead-letters/dead-letters.tsx'), 'DeadLetters'),
})
const live = createRoute({
  getParentRoute: child,
  path: '/live',
  validateSearch: (search: Record<string, unknown>): { category?: string; session?: string } => ({
    category: text(search.category),
    session: text(search.session),
  }),
  component: lazyRouteComponent(() => import('./pages/live/live.tsx'), 'Live'),
})
const event = createRoute({
  getParentRoute: child,
  path: '/live/$id',
  component: lazyRouteComponent(() => import('./pages/event/event.tsx'), 'EventPage'),
})
const events = createRoute({
  getParentRoute: child,
  path: '/events',
  validateSearch: (search: Record<string, unknown>): { q?: string; type?: string } => ({
    q: text(search.q),
    type: text(search.type),
  }),
  component: lazyRouteComponent(() => import('./pages/events/events.tsx'), 'Events'),
})
const sandbox = createRoute({
  getParentRoute: child,
  path: '/sandbox',
  validateSearch: (search: Record<string, unknown>): { session?: string; chat?: string } => ({
    session: text(search.session),
    chat: text(search.chat),
  }),
  component: lazyRouteComponent(() => import('./pages/sandbox/sandbox.tsx'), 'Sandbox'),
})
const inbox = createRoute({
  getParentRoute: child,
  path: '/inbox',
  component: lazyRouteComponent(() => import('./pages/inbox/inbox.tsx'), 'Inbox'),
})
const apiKeys = createRoute({
  getParentRoute: child,
  path: '/api-keys',
  component: lazyRouteComponent(() => import('./pages/api-keys/api-keys.tsx'), 'ApiKeys'),
})
const settings = createRoute({
  getParentRoute: child,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings/settings.tsx'), 'Settings'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    welcome,
    sessions,
    session,
    link,
    webhooks,
    newWebhook,
    webhook.addChildren([webhookHealth, webhookTest, webhookSigning, webhookSettings]),
    deliveries,
    delivery,
    deadLetters,
    live,
    event,
    events,
    sandbox,
    inbox,
    apiKeys,
    settings,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

function NotFound() {
  return (
    <Page title="There is nothing here" narrow>
      <p className="text-soft">
        The address may be old, or what it named is gone.{' '}
        <Link to="/" className="text-accent underline underline-offset-2">
          Back to the overview
        </Link>
      </p>
    </Page>
  )
}

function Broken({ error }: ErrorComponentProps) {
  return (
    <Page title="This page broke" description="Reloading may help. What it said:" narrow>
      <ErrorComponent error={error} />
    </Page>
  )
}
