import { Command } from 'commander'

import { addDemo } from './cli/demo.ts'
import { addDoctor } from './cli/doctor.ts'
import { addEvents } from './cli/events.ts'
import { addMigrate } from './cli/migrate.ts'
import { addSandbox } from './cli/sandbox.ts'
import { addStart } from './cli/start.ts'
import { version } from './version.ts'

const program = new Command('waxwing')
  .description('Turns a WhatsApp number into a stream of signed webhooks that are never lost.')
  .version(version)
  .showHelpAfterError('Run "npx waxwing --help" for the verbs.')
  .addHelpText(
    'after',
    `
Settings are environment variables (docs/reference/config.md); every secret may also come from the file named by NAME_FILE.

  npx waxwing start             run everything on this machine, nothing else needed
  npx waxwing demo              watch a message become a signed webhook, in the terminal
  npx waxwing doctor            what is set, what is missing, and how to mend it
`,
  )

for (const add of [addStart, addMigrate, addDoctor, addDemo, addSandbox, addEvents]) add(program)

await program.parseAsync()
