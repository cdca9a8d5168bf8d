import type { Command } from 'commander'
import type { RequestFlags } from './request-file.ts'
import { flagsOf, type ServerFlags, withServerFlags } from './server-flags.ts'

export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .description('show which plugin runs where, and what would become of a request')
    .argument('[request]', 'JSON file with method, path, headers and body, or a body alone; - for standard input')
    .option('--path <path>', 'path of the request, where the file is a body alone')
    .option('--method <method>', 'its method (default: POST)')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined) => explain(file, flagsOf(command)))
  withServerFlags(command)
}

const EXAMPLES = `
Nothing is sent anywhere. Without a request: the plugins of each hook, in the order they run. With one: the endpoint,
dialect and provider it is for, the plugins that would see it, and whether its bytes stay as they are.

Examples:
  $ lunaroute explain
  $ lunaroute explain request.json
  $ echo '{"model":"gpt-5","stream":true}' | lunaroute explain - --path /v1/responses`

async function explain(requestFile: string | undefined, flags: ServerFlags & RequestFlags): Promise<void> {
  const { readRequest } = await import('./request-file.ts')
  const request = requestFile === undefined ? undefined : await readRequest(requestFile, flags)
  const [{ buildAside }, { hooksOf, journeyOf }] = await Promise.all([
    import('./build-aside.ts'),
    import('./explanation.ts'),
  ])
  const { gateway } = await buildAside(flags)
  const file = gateway.config().file ?? 'embedded defaults, no config file'
  const lines = request
    ? journeyOf(request, gateway.generation)
    : [`configuration: ${file}`, ...hooksOf(gateway.generation)]
  await gateway.close()
  process.stdout.write(`${lines.join('\n')}\n`, () => process.exit(0))
}
