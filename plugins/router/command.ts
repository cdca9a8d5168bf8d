import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { type CommandCall, GatewayError, type ProviderGroup } from 'lunaroute'
import { parse } from 'yaml'
import { explainerService } from './explainer.ts'
import type { Explanation } from './explanation.ts'

const USAGE = `Usage: lunaroute route --request <file> [--path <path>] [--rule <file>] [--dry-run] [--json]

Shows which provider and model a request would go to, and why. Nothing is sent, with --dry-run and without.

  --request <file>   JSON: { path, method, listener, headers, body }, or a body alone; - for standard input
  --path <path>      what it is sent to; for a body alone the default is told by its fields
  --rule <file>      rules to try before those of the configuration: one, a list, or a whole routes.json
  --json             the decision as JSON, for programs
`

/** `lunaroute route`. */
export async function run(call: CommandCall): Promise<number> {
  const { values } = parseArgs({
    args: [...call.args],
    options: {
      request: { type: 'string' },
      path: { type: 'string' },
      rule: { type: 'string', multiple: true, default: [] },
      'dry-run': { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help || values.request === undefined) {
    const stream = values.help ? call.stdout : call.stderr
    stream.write(USAGE)
    return values.help ? 0 : 1
  }
  const [explainer] = call.offers(explainerService)
  if (!explainer) throw new GatewayError('LR_INTERNAL', 500, 'the plugin "router" is not in the configuration')
  const description = withPath(await read(values.request, call), values.path)
  const explanation = await explainer(description, values.rule)
  call.stdout.write(values.json ? `${JSON.stringify(explanation, null, 2)}\n` : `${told(explanation)}\n`)
  return 0
}

async function read(file: string, { stdin }: CommandCall): Promise<unknown> {
  const content = file === '-' ? await text(stdin) : await readFile(file, 'utf8').catch(unreadable(file))
  try {
    return parse(content) as unknown
  } catch (error) {
    throw new GatewayError('LR_BAD_REQUEST', 400, `${file} is neither JSON nor YAML: ${(error as Error).message}`)
  }
}

function withPath(description: unknown, path: string | undefined): unknown {
  if (path === undefined || typeof description !== 'object' || description === null) return description
  return 'body' in description || 'path' in description ? { ...description, path } : { path, body: description }
}

function unreadable(file: string): (error: NodeJS.ErrnoException) => never {
  return error => {
    throw new GatewayError('LR_BAD_REQUEST', 400, `${file} cannot be read (${error.code})`)
  }
}

function told(explanation: Explanation): string {
  const { route, source, reason, model, alias_of, dialect, estimated_tokens, attempts, passed_over } = explanation
  const asked = model === null ? 'no model' : alias_of === undefined ? model : `${model} for ${alias_of}`
  const hops = attempts.map(({ provider, model: wanted, strategy, targets }) => {
    const name = strategy === undefined ? provider : `${strategy} of ${namesOf(targets).join(', ')}`
    return `${name}${wanted === null ? '' : ` (${wanted})`}`
  })
  return [
    `route      ${route ?? 'none'}${source === null ? '' : ` (${source})`}`,
    `why        ${reason}`,
    `request    ${asked}, ${dialect}, about ${estimated_tokens} tokens`,
    `goes to    ${hops.join(', then ') || 'where it would go without the router'}`,
    ...passed_over.map(({ id, because }) => `not        ${id}: ${because}`),
  ].join('\n')
}

function namesOf(targets: unknown): readonly string[] {
  return (targets as ProviderGroup['targets']).map(each => each.provider)
}
