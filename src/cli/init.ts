import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { DOCUMENTED_ROUTES, documentedPresets } from '../config/documented.ts'
import { CommandFailure } from './failure.ts'

export function addInit(program: Command): void {
  program
    .command('init')
    .description('write a commented lunaroute.config.ts here')
    .option('-f, --force', 'replace the file if there is one')
    .addHelpText('after', EXAMPLES)
    .action(init)
}

const EXAMPLES = `
The file works as it is and behaves as no file would; every line that changes something is commented out.

Examples:
  $ lunaroute init && lunaroute check`

const NAME = 'lunaroute.config.ts'

async function init({ force = false }: { force?: boolean }): Promise<void> {
  if (!force && existsSync(NAME)) {
    throw new CommandFailure(`${resolve(NAME)} exists; --force replaces it.`)
  }
  const { configTemplate } = await import('./config-template.ts')
  await writeFile(NAME, configTemplate(documentedPresets({}, existsSync(DOCUMENTED_ROUTES.file))))
  process.stdout.write(`Wrote ${resolve(NAME)}. \`lunaroute\` serves it, and saving an edit applies it.\n`)
}
