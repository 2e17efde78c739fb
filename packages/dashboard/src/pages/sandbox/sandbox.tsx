import { Page } from '../../ui/page.tsx'

export function Sandbox() {
  return <Page title="Sandbox">{null}</Page>
}
