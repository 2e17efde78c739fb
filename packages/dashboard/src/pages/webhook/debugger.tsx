import { Check, Minus, X } from 'lucide-react'
import { useDeferredValue, useEffect, useState } from 'react'
import { TextArea } from '../../ui/field.tsx'
import { Card } from '../../ui/page.tsx'
import { noteVerified } from '../welcome/noted.ts'
import { diagnose, type Finding, readRequest } from './diagnose.ts'

const looks = {
  ok: { icon: Check, tone: 'text-good' },
  wrong: { icon: X, tone: 'text-bad' },
  absent: { icon: Minus, tone: 'text-faint' },
} as const

/** Paste what the receiver got; learn which scheme matched, or why none did. Nothing leaves the browser. */
export function Debugger({ secrets }: { secrets: readonly string[] }) {
  const [text, setText] = useState('')
  const pasted = useDeferredValue(text)
  const [findings, setFindings] = useState<Finding[]>([])
  useEffect(() => {
    let stale = false
    if (pasted.trim() === '' || secrets.length === 0) setFindings([])
    else
      diagnose(readRequest(pasted), secrets, Date.now() / 1_000)
        .then(found => {
          if (found.some(({ state }) => state === 'ok')) noteVerified()
          if (!stale) setFindings(found)
        })
        // Browsers have no crypto on plain http outside this machine.
        .catch(() => setFindings([]))
    return () => {
      stale = true
    }
  }, [pasted, secrets])
  return (
    <Card
      title="Why does it not verify?"
      description="Paste a request as your receiver got it: its headers, an empty line, its raw body. It is checked in this browser."
    >
      <div className="grid gap-4 lg:grid-cols-2">
        <TextArea
          label="The request"
          silent
          rows={9}
          placeholder={
            'webhook-id: 0199…\nwebhook-timestamp: 1795…\nwebhook-signature: v1,…\n\n{"id":"0199…","type":"messages.received",…}'
          }
          value={text}
          onChange={({ target }) => setText(target.value)}
          className="font-mono text-xs leading-relaxed"
        />
        <div aria-live="polite">
          {!globalThis.crypto?.subtle ? (
            <p className="text-sm text-warn">
              This browser gives no cryptography to pages on plain http. Open the dashboard over https or on
              localhost.
            </p>
          ) : findings.length === 0 ? (
            <p className="py-6 text-center text-sm text-soft">The verdict on each scheme stands here.</p>
          ) : (
            <ul className="space-y-3">
              {findings.map(({ scheme, state, verdict }) => {
                const { icon: Icon, tone } = looks[state]
                return (
                  <li key={scheme} className="flex gap-2.5">
                    <Icon className={`mt-0.5 size-4 shrink-0 ${tone}`} aria-label={state} />
                    <div className="min-w-0">
                      <p className="font-mono text-sm">{scheme}</p>
                      <p className="text-sm text-soft text-pretty">{verdict}</p>
                    </div>
                  </li>
                )
              })}
            </ul>
          )}
        </div>
      </div>
    </Card>
  )
}
