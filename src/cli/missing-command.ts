import { runningProgram } from '../config/program.ts'
import { shippedPlugin } from '../config/shipped.ts'
import { didYouMean } from '../config/suggest.ts'
import { CommandFailure } from './failure.ts'

/** A command that neither the program nor a configured plugin has. One that ships with a plugin says with which. */
export async function missingCommand(name: string, known: readonly string[]): Promise<CommandFailure> {
  const plugin = await shippedPlugin(runningProgram(), each => Object.hasOwn(each.commands, name))
  if (plugin === undefined) {
    return new CommandFailure(`unknown command "${name}"${didYouMean(name, known)}; lunaroute --help lists them`)
  }
  return new CommandFailure(
    `the command "${name}" comes with the plugin ${plugin}, which this configuration does not have; add "${plugin}" to its plugins`,
  )
}
