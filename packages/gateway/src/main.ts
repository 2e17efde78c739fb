import { Command } from 'commander'
import { digits, portNumber, wholeNumber } from './cli/arguments.ts'
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
    .command('reencrypt')
    .description('encrypt everything stored with the present key that an older one did')
    .option('--generate', 'make a new key in DATA_DIR first (without ENCRYPTION_KEY)'),
  async () => (await import('./cli/reencrypt.ts')).reencryptEverything,
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

verb(
  toGateway(program.command('sign-in')).description(
    'print a link that signs in once, in a browser: the first time, or when the password is forgotten',
  ),
  async () => (await import('./cli/sign-in.ts')).signIn,
)

verb(
  toGateway(program.command('listen'))
    .description('forward live events to a server of yours, signed, until Ctrl-C')
    .requiredOption('--forward-to <url>', 'where to post them')
    .option('--events <list>', 'types or families, with commas: messages.*,call (all when left out)')
    .option('--secret <whsec>', 'what to sign with (one is made and printed when left out)'),
  async () => (await import('./cli/listen.ts')).listen,
)

verb(
  toGateway(program.command('trigger'))
    .description('send the sample of an event type to the webhooks that subscribe to it')
    .argument('<type>', 'as "waxwing events" prints it')
    .option('--webhook <id>', 'only to this one, whatever it subscribes to'),
  async () => (await import('./cli/trigger.ts')).trigger,
)

verb(
  toGateway(program.command('replay'))
    .description(
      'send again what a webhook did not get: dead letters, and what happened while it was disabled',
    )
    .requiredOption('--webhook <id>', 'of which webhook')
    .requiredOption('--since <time>', '2026-11-24T08:00:00Z, or so long ago: 90m, 24h, 7d')
    .option('--until <time>', 'up to then (now when left out)')
    .option('--status <status>', 'only failed, missing, cancelled or (with --force) delivered')
    .option('--event-type <type>', 'only this type, or family: messages.*')
    .option('--rate <number>', 'deliveries a second', wholeNumber)
    .option('--force', 'also what the receiver already has')
    .option('--wait', 'show the progress, and end with the replay'),
  async () => (await import('./cli/replay.ts')).replay,
)

verb(
  toGateway(program.command('secret').description('the signing secret of a webhook').command('rotate'))
    .description('make a new signing secret; the old one signs beside it for a while')
    .requiredOption('--webhook <id>', 'of which webhook')
    .option('--overlap <time>', 'how long the old one still signs: 0, 1h, 24h or 7d', '24h'),
  async () => (await import('./cli/secret.ts')).rotateSecret,
)

verb(
  program
    .command('bench')
    .description('measure how fast this machine delivers, beside a bare loop and BullMQ (two minutes)')
    .option('--long', 'also with a million waiting deliveries, a thousand webhooks, and idle (ten minutes)'),
  async () => (await import('./cli/bench.ts')).bench,
)

/** These verbs talk to a gateway that runs already. */
function toGateway(command: Command): Command {
  return command
    .option('--url <url>', 'where the gateway is (PUBLIC_URL, or this machine at PORT)')
    .option('--key <key>', 'its API key (API_KEY, or the file api-key in DATA_DIR)')
}

await program.parseAsync()
