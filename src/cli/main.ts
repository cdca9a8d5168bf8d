#!/usr/bin/env node
import '../node-flags.ts'
import { exitCodeOf, sentenceOf } from './failure.ts'
import { createProgram, unknownCommand } from './program.ts'

try {
  await run(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${sentenceOf(error)}\n`, () => process.exit(exitCodeOf(error)))
}

async function run(argv: readonly string[]): Promise<void> {
  const parser = createProgram()
  const unknown = unknownCommand(parser, argv)
  if (unknown) {
    const { runPluginCommand } = await import('./plugin-command.ts')
    process.exitCode = await runPluginCommand(parser, unknown)
    return
  }
  const program = createProgram()
  if (argv.length > 0 && argv.every(each => each === '-h' || each === '--help')) {
    const { listPluginCommands } = await import('./plugin-command.ts')
    const commands = await listPluginCommands({})
    if (commands.length > 0) program.addHelpText('after', table(commands))
  }
  await program.parseAsync()
}

function table(commands: readonly (readonly [string, string])[]): string {
  const lines = commands.map(([name, summary]) => `  ${name.padEnd(16)}${summary}`)
  return `\nCommands of the configured plugins:\n${lines.join('\n')}`
}
