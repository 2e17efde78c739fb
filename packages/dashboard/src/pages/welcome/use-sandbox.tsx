import { useNavigate } from '@tanstack/react-router'
import { call } from '../../api.ts'
import { queryClient, useRead } from '../../query.ts'
import { ActionButton } from '../../ui/action-button.tsx'

/** A session on the simulated network, on its way to be linked. */
export function UseSandbox() {
  const navigate = useNavigate()
  const settings = useRead('getSettings', {})
  if (!settings.data?.sandbox) return null
  return (
    <ActionButton
      run={async () => {
        const { id } = await call('createSession', { body: { name: 'Sandbox', network: 'sandbox' } })
        await call('connectSession', { params: { id } })
        await queryClient.invalidateQueries({ queryKey: ['listSessions'] })
        await navigate({ to: '/sessions/$id/link', params: { id } })
      }}
    >
      Open the sandbox
    </ActionButton>
  )
}
