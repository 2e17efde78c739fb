import { useNavigate } from '@tanstack/react-router'
import { useRead } from '../../query.ts'
import { LinkButton } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Empty } from '../../ui/list-states.tsx'

/** Choose where a sample goes; the test of that webhook sends it. */
export function SendTo({ type, open, onClose }: { type: string; open: boolean; onClose: () => void }) {
  const webhooks = useRead('listWebhooks', { query: { limit: 250 } }, { enabled: open })
  const navigate = useNavigate()
  return (
    <Dialog open={open} onClose={onClose} title={`Send ${type} to…`} description="As a signed test.">
      {webhooks.data?.data.length === 0 ? (
        <Empty
          title="There is no webhook yet."
          action={
            <LinkButton variant="solid" to="/webhooks/new">
              New webhook
            </LinkButton>
          }
        />
      ) : (
        <ul className="-mx-2">
          {webhooks.data?.data.map(({ id, name, webhook_url }) => (
            <li key={id}>
              <button
                type="button"
                onClick={() =>
                  navigate({ to: '/webhooks/$id/test', params: { id }, search: { event: type } })
                }
                className="block w-full rounded-lg px-2 py-2 text-left hover:bg-hover"
              >
                <span className="block font-medium">{name}</span>
                <span className="block truncate font-mono text-xs text-soft">{webhook_url}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  )
}
