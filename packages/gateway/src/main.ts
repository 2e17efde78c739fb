import { Command } from 'commander'
import { digits, portNumber } from './cli/arguments.ts'
import { verb } from './cli/verb.ts'
import { version } from './version.ts'

/**
 * The verbs, as `--help` shows them. What a verb does is imported when it runs: `start` brings Baileys and a database
 * driver, and `events` need not wait for them.
 */
const program = new Command('waxwing')
  .description('Turns a WhatsApp number into a stream of signed webhooks that are never lost.')
  .version(version)
  .showHelpAfterError('Run "npx waxwing --help" for the verbs.')
  .addHelpText(
    'after',
    `
Settings are environment variables (docs/reference/config.md); a secret may also come from the file named by NAME_FILE.

  npx waxwing start             run everything on this machine, nothing else needed
  npx waxwing demo              watch a message become a signed webhook, in the terminal
  npx waxwing doctor            what is set, what is missing, and how to mend it
`,
  )

verb(
  program
    .command('start')
    .description('run the gateway until SIGTERM or SIGINT, then drain and exit 0')
    .option('--roles <list>', 'what this process does: engine,dispatcher,api (as ROLES)')
    .option('--no-sandbox', 'do not start the simulated WhatsApp (as SANDBOX=false)')
    .option('--stop-with-parent', 'drain and exit when the process that started this one ends, as npm does'),
  async () => (await import('./cli/start.ts')).start,
)

verb(
  program
    .command('migrate')
    .description('bring the database up to date and end; "start" does the same before anything else'),
  async () => (await import('./cli/migrate.ts')).migrate,
)

verb(
  program
    .command('doctor')
    .description('check what the gateway needs, with the fix for what is missing; changes nothing'),
  async () => (await import('./cli/doctor.ts')).doctor,
)

verb(
  program
    .command('demo')
    .description('play the whole journey with real parts and simulated phones, then clean up')
    .option('--verbose', 'show the log of the gateway meanwhile'),
  async () => (await import('./cli/demo.ts')).demo,
)

verb(
  program
    .command('sandbox')
    .description('run a simulated WhatsApp on its own port, moved by commands on standard input')
    .option('--port <number>', 'port of the simulated network, 0 for any free one', portNumber, 4010)
    .option('--phone <number>', 'number of the phone to link, digits only', digits, '15550100'),
  async () => (await import('./cli/sandbox.ts')).sandbox,
)

verb(
  program.command('events').description('print the catalog of event types'),
  async () => (await import('./cli/events.ts')).events,
)

await program.parseAsync()
