import type { Plugin } from '../plugin.ts'
import type { Program } from './program.ts'

/** The name of the plugin among all that ship, loaded or not, that is the one. To be asked where something went wrong. */
export async function shippedPlugin(program: Program, isIt: (plugin: Plugin) => boolean): Promise<string | undefined> {
  for (const name of await program.names('plugins')) {
    const { default: factory } = (await program.load(`lunaroute/plugins/${name}`)) as { default: () => Plugin }
    if (isIt(factory())) return name
  }
  return undefined
}
