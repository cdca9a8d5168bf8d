import { Command } from 'commander'
import { VERSION } from '../version.ts'
import { addCheck } from './check.ts'
import { addCodex } from './codex.ts'
import { addEnv } from './env.ts'
import { addExplain } from './explain.ts'
import { addInit } from './init.ts'
import { addServe } from './serve.ts'
import { withServerFlags } from './server-flags.ts'
import { addStatus } from './status.ts'
import { addStop } from './stop.ts'

/** The whole command line. Each command imports what it runs when it runs, so that help costs nothing. */
export function createProgram(): Command {
  const program = new Command('lunaroute')
    .description('An LLM gateway made of plugins, for OpenAI, Anthropic and Gemini clients.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or that of a command')
    .helpCommand(false)
    // Flags may stand before the command as well as after it: `lunaroute --config x env`.
    .enablePositionalOptions()
    .showHelpAfterError('(lunaroute --help lists the commands)')
    .addHelpText('after', EXAMPLES)
  withServerFlags(program)
  for (const add of [addServe, addEnv, addStop, addStatus, addInit, addCheck, addExplain, addCodex]) add(program)
  return program
}

/** A command that the program does not know by itself: what stands before its name, the name, and what follows. */
export interface UnknownCommand {
  readonly name: string
  readonly args: readonly string[]
}

/** The command that was typed, where it is none of the program's own. */
export function unknownCommand(program: Command, argv: readonly string[]): UnknownCommand | undefined {
  const { operands, unknown } = program.parseOptions([...argv])
  const [name, ...args] = [...operands, ...unknown]
  if (name === undefined || name.startsWith('-')) return undefined
  return program.commands.some(each => each.name() === name || each.aliases().includes(name))
    ? undefined
    : { name, args }
}

const EXAMPLES = `
Without a command, lunaroute serves in the foreground on http://127.0.0.1:8081. It needs no configuration and no key:
a request passes with the credential of the client that sends it.

Examples:
  $ lunaroute                              serve in this terminal
  $ eval $(lunaroute env)                  serve in the background and point this shell's clients at it
  $ claude                                 ... Claude Code, in that shell, now passes through the gateway
  $ lunaroute codex                        the lines for Codex, which reads its base URL from a file alone
  $ lunaroute status                       is it running, with which configuration, and was an edit refused?
  $ lunaroute stop                         end the background server, once running requests are done
  $ lunaroute init && lunaroute            write a commented lunaroute.config.ts and serve it; edits apply on save
  $ lunaroute check && lunaroute explain   is the configuration valid, and which plugin runs where?

A flag wins over its environment variable, which wins over the config file:
  --config LUNAROUTE_CONFIG   --config-dir LUNAROUTE_CONFIG_DIR   --preset LUNAROUTE_PRESET   --host LUNAROUTE_HOST
  --port LUNAROUTE_PORT   --dialect LUNAROUTE_DIALECT   --log-level LUNAROUTE_LOG_LEVEL
A variable LUNAROUTE_SOME_NAME of a configured plugin is the flag --some-name of serve, env, check and explain.`
