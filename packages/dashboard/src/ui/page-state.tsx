import { refusalOf } from '../refusal.ts'
import { Failed, Loading } from './list-states.tsx'
import { Card, Page } from './page.tsx'

/** A page about one thing, while that is not here: on its way, or not to be had. */
export function PageState({ read }: { read: { isError: boolean; error: unknown; refetch: () => unknown } }) {
  const isGone = read.isError && refusalOf(read.error).status === 404
  return (
    <Page title={isGone ? 'There is nothing here' : read.isError ? 'This cannot be shown' : 'Loading…'}>
      <Card flush>{read.isError ? <Failed error={read.error} retry={read.refetch} /> : <Loading />}</Card>
    </Page>
  )
}
