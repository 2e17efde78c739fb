import { numberWord } from '../../parts/words.ts'
import { useRead } from '../../query.ts'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Segments } from '../../ui/tabs.tsx'

/** Which numbers' events are wanted: all, also later ones, or some. */
export function SessionsField({
  value,
  onChange,
  fault,
}: {
  value: string[] | null
  onChange: (ids: string[] | null) => void
  fault: string | null
}) {
  const sessions = useRead('listSessions', { query: { limit: 250 } })
  return (
    <div className="space-y-2">
      <Segments
        label="Sessions"
        value={value === null ? 'all' : 'some'}
        options={[
          ['all', 'All, also later ones'],
          ['some', 'Only these'],
        ]}
        onChange={choice => onChange(choice === 'all' ? null : [])}
      />
      {value !== null && (
        <ul className="max-h-52 overflow-y-auto rounded-lg border border-line">
          {sessions.data?.data.map(({ id, name, phone }) => (
            <li key={id}>
              <label
                htmlFor={id}
                className="flex h-9 cursor-pointer items-center gap-3 px-3 hover:bg-hover/50"
              >
                <Checkbox
                  id={id}
                  checked={value.includes(id)}
                  onChange={on => onChange(on ? [...value, id] : value.filter(other => other !== id))}
                />
                <span className="truncate">{name}</span>
                <span className="ml-auto text-sm text-soft">{phone ? numberWord(phone) : 'not linked'}</span>
              </label>
            </li>
          ))}
          {sessions.data?.data.length === 0 && (
            <li className="px-3 py-3 text-sm text-soft">There is no session yet; choose all.</li>
          )}
        </ul>
      )}
      {fault && (
        <p role="alert" className="text-sm text-bad">
          {fault}
        </p>
      )}
    </div>
  )
}
