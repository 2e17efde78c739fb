import { Dialog } from '../ui/dialog.tsx'
import { KeyHint } from '../ui/key-hint.tsx'
import { type Place, places } from './places.ts'

const lists: { title: string; rows: (readonly [keys: string, does: string])[] }[] = [
  {
    title: 'Everywhere',
    rows: [
      ['⌘ K', 'Search, or paste an id'],
      ['?', 'This list'],
      ['Esc', 'Close what is in front'],
      ...(places as readonly Place[]).flatMap(({ key, name }) => (key ? [[`g ${key}`, name] as const] : [])),
    ],
  },
  {
    title: 'In a list of deliveries',
    rows: [
      ['j k', 'Down, up'],
      ['↵', 'Open'],
      ['x', 'Select'],
      ['r', 'Redeliver'],
      ['c', 'Copy as cURL'],
      ['/', 'Search by id'],
      ['l', 'Live on or off'],
    ],
  },
  {
    title: 'In a form',
    rows: [
      ['⌘ S', 'Save'],
      ['⌘ ↵', 'Send the test'],
    ],
  },
]

export function Shortcuts({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts" wide>
      <div className="grid gap-x-10 gap-y-6 sm:grid-cols-2">
        {lists.map(({ title, rows }) => (
          <section key={title} className={title === 'Everywhere' ? 'sm:row-span-2' : ''}>
            <h3 className="mb-2 text-sm font-medium text-soft">{title}</h3>
            <dl className="space-y-1.5 text-sm">
              {rows.map(([keys, does]) => (
                <div key={keys} className="flex items-center justify-between gap-4">
                  <dt>{does}</dt>
                  <dd className="flex gap-1">
                    {keys.split(' ').map(key => (
                      <KeyHint key={key}>{key}</KeyHint>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
