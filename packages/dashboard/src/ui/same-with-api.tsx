import { Terminal } from 'lucide-react'
import { curlOf, type Input, type OperationName } from '../api.ts'
import { Code } from './code.tsx'

/** What this page does, for a terminal. */
export function SameWithApi<N extends OperationName>({
  operation,
  input,
}: {
  operation: N
  input: Input<N>
}) {
  return (
    <details className="mt-8 text-sm">
      <summary className="inline-flex list-none items-center gap-1.5 rounded-md text-soft hover:text-ink [&::-webkit-details-marker]:hidden">
        <Terminal className="size-3.5" aria-hidden /> Same with the API
      </summary>
      <Code className="mt-2" text={curlOf(operation, input)} label="Copy the call" />
    </details>
  )
}
