import { RotateCw } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api.ts'
import { counted } from '../../parts/words.ts'
import { queryClient } from '../../query.ts'
import { refusalOf } from '../../refusal.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmButton } from '../../ui/confirm.tsx'

/** How many are asked for at once: as many as a browser has connections for. */
const AT_ONCE = 4

type Progress = { done: number; refused: string[] }

/** What is chosen, sent again: exactly these, with the refusals of those that could not be. */
export function BulkRedeliver({ ids, done }: { ids: string[]; done: () => void }) {
  const [progress, setProgress] = useState<Progress | null>(null)
  const run = async () => {
    const refused: string[] = []
    let count = 0
    const queue = [...ids]
    const worker = async () => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        await call('redeliver', { params: { id } }).catch(error => refused.push(refusalOf(error).message))
        setProgress({ done: ++count, refused: [...refused] })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    await queryClient.invalidateQueries({ queryKey: ['listDeliveries'] })
    if (refused.length === 0) done()
  }
  return (
    <div className="sticky top-16 z-20 mb-2 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl border border-line bg-surface px-4 py-2 shadow-float lg:top-3">
      <p className="text-sm">
        <span className="font-medium">{ids.length}</span> chosen
      </p>
      <p role="status" className="text-sm text-soft">
        {progress && progress.done < ids.length && `${progress.done} of ${ids.length}…`}
        {progress && progress.refused.length > 0 && (
          <span className="text-bad">
            {progress.refused.length} refused: {[...new Set(progress.refused)].join(' ')}
          </span>
        )}
      </p>
      <div className="ml-auto flex gap-2">
        <Button variant="quiet" onClick={done}>
          Choose none
        </Button>
        <ConfirmButton
          label={`Redeliver ${ids.length}`}
          icon={<RotateCw />}
          danger={false}
          title={`Redeliver ${counted(ids.length, 'delivery', 'deliveries')}?`}
          action={`Redeliver ${ids.length}`}
          run={run}
        >
          Each of the {ids.length} is sent once more, now, whatever its status. Receivers that already have
          one see the same webhook-id again.
        </ConfirmButton>
      </div>
    </div>
  )
}
