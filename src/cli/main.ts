#!/usr/bin/env node
import '../node-flags.ts'
import { exitCodeOf, sentenceOf } from './failure.ts'
import { partArguments } from './plugin-flags.ts'
import { createProgram, unknownCommand } from './program.ts'

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads along, as `head` does, may have seen enough: that is no failure.
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

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
  const { own, plugins } = partArguments(program, argv)
  if (argv.length > 0 && argv.every(each => each === '-h' || each === '--help')) {
    const { readPluginHelp } = await import('./plugin-command.ts')
    const { commands, flags } = await readPluginHelp({})
    if (commands.length > 0) program.addHelpText('after', table('Commands of the configured plugins', commands))
    if (flags.length > 0) program.addHelpText('after', table('Flags of the configured plugins', flags))
  }
  if (Object.keys(plugins).length > 0) program.setOptionValue('plugins', plugins)
  await program.parseAsync(own, { from: 'user' })
}

function table(title: string, rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(15, ...rows.map(([name]) => name.length)) + 1
  return `\n${title}:\n${rows.map(([name, text]) => `  ${name.padEnd(width)}${text}`).join('\n')}`
}
