import { createInterface } from 'node:readline'
import { type Contact, type Phone, startWhatsApp, type WhatsApp } from '@waxwing/simulator'
import type { Ending, Voice } from './verb.ts'

/** The seed stands in the source, so the root key a gateway was told stays right from one sandbox to the next. */
const rootSeed = 'waxwing sandbox'
const firstContact = { number: '15550101', name: 'Ada' }

type SandboxOptions = { port: number; phone: string }

/** A WhatsApp for whoever develops a receiver, moved from the terminal. */
export async function sandbox(voice: Voice, { port, phone: number }: SandboxOptions): Promise<Ending> {
  const network = await listen(port)
  if (network === null)
    return {
      ok: false,
      problem: `port ${port} is taken or not allowed.`,
      next: 'Choose another with --port.',
    }
  const script = createScript(network, network.phone({ number, name: 'Sandbox phone' }), voice)
  introduce(voice, network, number)
  await obey(script)
  await network.stop()
  return { ok: true }
}

/** Until `quit` or a signal; the end of the input is neither, so that a sandbox can also run unattended. */
async function obey(script: (line: string) => Promise<'quit' | 'more'>): Promise<void> {
  const lines = createInterface({ input: process.stdin })
  const told = new Promise(resolve => process.on('SIGINT', resolve).on('SIGTERM', resolve))
  const readToEnd = async () => {
    for await (const line of lines) if ((await script(line)) === 'quit') return
    await told
  }
  await Promise.race([told, readToEnd()])
  lines.close()
}

async function listen(port: number): Promise<WhatsApp | null> {
  try {
    return await startWhatsApp({ port, rootSeed, adoptUnknownDevices: true })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EADDRINUSE' || code === 'EACCES') return null
    throw error
  }
}

function introduce(voice: Voice, network: WhatsApp, number: string): void {
  voice.tell({ event: 'ready', url: network.url, root_key: network.rootKey, phone: number })
  voice.say(
    [
      'A simulated WhatsApp. Point a gateway at it:',
      '',
      `export WHATSAPP_URL=${network.url}`,
      `export WHATSAPP_ROOT_KEY=${network.rootKey}`,
      '',
      `Then link its phone, +${number}:`,
      usage,
    ].join('\n'),
  )
}

const usage = `  scan <qr>                 link by the QR text of GET /sessions/:id/qr
  code <code>               link by the code of POST /sessions/:id/pairing-code
  contact <number> <name>   who writes from now on (first: +${firstContact.number} ${firstContact.name})
  say <text>                that contact writes to the phone
  log                       the last twenty stanzas on the wire
  quit`

/** Takes one line at a time; what a line did is told before the next is read. */
function createScript(
  network: WhatsApp,
  phone: Phone,
  voice: Voice,
): (line: string) => Promise<'quit' | 'more'> {
  const listening = new Set<string>()
  let contact = meet(firstContact)

  function meet(who: { number: string; name?: string }): Contact {
    const met = network.contact(who)
    if (!listening.has(met.number)) met.onMessage(({ id, text }) => hear(met, id, text))
    listening.add(met.number)
    return met
  }

  function hear(who: Contact, id: string, text: string): void {
    voice.tell({ event: 'received', contact: who.number, id, text })
    voice.say(`${who.name} (+${who.number}) received: ${text}`)
    // As a real phone does by itself; the sender may be gone by now, and then nobody misses it.
    who.deliver(id).catch(() => undefined)
  }

  const verbs: Record<string, (rest: string) => Promise<void>> = {
    async scan(qr) {
      await phone.scan(qr)
      report('linked', { phone: phone.number }, `+${phone.number} is linked.`)
    },
    async code(code) {
      await phone.enterCode(code.replace('-', ''))
      report('linked', { phone: phone.number }, `+${phone.number} is linked.`)
    },
    async contact(rest) {
      const [, number, name] = /^(\d+)\s*(.*)$/.exec(rest) ?? []
      if (number === undefined) throw new Error('a number has digits only: contact 15550102 Grace')
      contact = meet(name ? { number, name } : { number })
      report('contact', { number, name: contact.name }, `${contact.name} (+${number}) writes from now on.`)
    },
    async say(text) {
      const { id } = await contact.say(phone, text)
      report(
        'said',
        { contact: contact.number, id },
        `${contact.name} wrote${phone.online ? '' : ', and it waits: no device is connected'}.`,
      )
    },
    async log() {
      for (const stanza of network.stanzas.slice(-20)) report('stanza', { stanza }, JSON.stringify(stanza))
    },
  }

  function report(event: string, facts: object, words: string): void {
    voice.tell({ event, ...facts })
    voice.say(words)
  }

  return async line => {
    const [, name = '', rest = ''] = /^\s*(\S*)\s*(.*?)\s*$/.exec(line) ?? []
    if (name === 'quit') return 'quit'
    if (name === '') return 'more'
    try {
      if (verbs[name] === undefined) throw new Error(`there is no "${name}" here:\n${usage}`)
      await verbs[name](rest)
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error)
      report('refused', { line, fault }, `Not done: ${fault}`)
    }
    return 'more'
  }
}
