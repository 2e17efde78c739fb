import { useState } from 'react'
import { Code } from '../../ui/code.tsx'
import { Card } from '../../ui/page.tsx'
import { Segments } from '../../ui/tabs.tsx'
import { hubSnippets } from './snippets-hub.ts'
import { standardSnippets } from './snippets-standard.ts'

const languages = [
  ['node', 'Node'],
  ['python', 'Python'],
  ['php', 'PHP'],
  ['go', 'Go'],
  ['ruby', 'Ruby'],
  ['java', 'Java'],
  ['csharp', 'C#'],
  ['n8n', 'n8n'],
] as const
export type Language = (typeof languages)[number][0]

/** A program that verifies, and what goes wrong with the frameworks of that language. */
export type Snippet = { code: string; note: string }

const schemes = {
  standard: {
    text: 'Standard Webhooks',
    snippets: standardSnippets,
    about: 'Also refuses old requests. The key is what stands after whsec_, decoded from base64.',
  },
  hub: {
    text: 'X-Hub-Signature',
    snippets: hubSnippets,
    about:
      'The key is the whole secret as it is written, whsec_ included. X-Hub-Signature-256 carries the same.',
  },
} as const

export function Snippets() {
  const [language, setLanguage] = useState<Language>('node')
  const [scheme, setScheme] = useState<keyof typeof schemes>('standard')
  const { code, note } = schemes[scheme].snippets[language]
  return (
    <Card
      title="Verify it in your receiver"
      description={schemes[scheme].about}
      actions={
        <Segments
          label="Scheme"
          value={scheme}
          options={Object.entries(schemes).map(
            ([key, { text }]) => [key as keyof typeof schemes, text] as const,
          )}
          onChange={setScheme}
        />
      }
    >
      <div className="space-y-3">
        <Segments label="Language" value={language} options={languages} onChange={setLanguage} />
        <Code text={code} label="Copy the code" />
        <p className="text-sm text-soft text-pretty">{note}</p>
      </div>
    </Card>
  )
}
