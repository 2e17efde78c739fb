import './style.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, useEffect, useState, useSyncExternalStore } from 'react'
import { createRoot } from 'react-dom/client'
import { credential } from './credential.ts'
import { watchLive } from './live.ts'
import { SignIn } from './pages/sign-in/sign-in.tsx'
import { queryClient } from './query.ts'
import { router } from './router.tsx'

/** Started once, not by a component: a link signs in only once. */
const begun = credential.begin().then(
  () => null,
  (error: unknown) => {
    credential.refused()
    return error
  },
)

function App() {
  const standing = useSyncExternalStore(credential.subscribe, credential.standing)
  const [link, setLink] = useState<unknown>(null)
  useEffect(() => {
    begun.then(setLink)
  }, [])
  useEffect(() => {
    if (standing === 'in') return watchLive()
    // What one person has read is not for the next.
    queryClient.clear()
  }, [standing])
  if (standing === 'unknown') return null
  return standing === 'in' ? <RouterProvider router={router} /> : <SignIn link={link} />
}

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
)
