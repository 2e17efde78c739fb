import { useRead } from '../../query.ts'
import { Failed } from '../../ui/list-states.tsx'
import { Card, Facts } from '../../ui/page.tsx'
import { duration, span } from '../../ui/time.tsx'

/** How well this session keeps what arrives, in its own counts. */
export function Keeping({ id }: { id: string }) {
  const answer = useRead('getSessionFigures', { params: { id } }, { every: 5_000 })
  if (answer.isError)
    return (
      <Card title="Keeping messages">
        <Failed error={answer.error} retry={answer.refetch} />
      </Card>
    )
  const { figures, inbox_oldest_s } = answer.data ?? {}
  return (
    <Card
      title="Keeping messages"
      description={figures ? 'Since it was started.' : 'No engine holds this session now.'}
    >
      {figures && (
        <Facts
          rows={[
            [
              'Waiting to be told',
              inbox_oldest_s == null ? 'nothing' : `oldest ${span(inbox_oldest_s * 1_000)}`,
            ],
            ['Recovered', String(figures.recovered)],
            ['Seen before', String(figures.remembered)],
            ['Asked again', String(figures.undecryptable)],
            [
              'Refused',
              figures.refused === 0 ? (
                '0'
              ) : (
                <span key="refused" className="font-medium text-bad">
                  {figures.refused}
                </span>
              ),
            ],
            ['Held back', `${figures.gate.count} times, ${duration(figures.gate.average_ms)} on average`],
          ]}
        />
      )}
    </Card>
  )
}
