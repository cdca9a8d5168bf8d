import { createHash } from 'node:crypto'
import type { Block, ToolChoice, ToolProfile } from 'lunaroute/neutral'
import type { Policy } from '../policy.ts'
import { mapBlocks, mapTools } from '../walk.ts'

const HASH_LENGTH = 8

/** Names of tools within the model's limits; the answer gets the client's names back. The same name is always mapped alike. */
export const withToolNames: Policy = (request, { diagnostics, profile, reversal }) => {
  const limits = profile.tools || undefined
  if (!limits?.namePattern && limits?.nameLength === undefined) return request
  const pattern = limits.namePattern === undefined ? /^/ : new RegExp(limits.namePattern)
  const fits = (name: string): boolean =>
    name.length <= (limits.nameLength ?? Number.POSITIVE_INFINITY) && pattern.test(name)
  const map = (name: string): string => {
    if (fits(name)) return name
    const written = shortened(name, limits, fits)
    reversal.renamed(name, written)
    return written
  }
  const tools = mapTools(request, tool => {
    if ((tool.type !== 'function' && tool.type !== 'custom') || fits(tool.name)) return tool
    diagnostics.changed(`${tool.at ?? 'tools'}.name`, "the model's limits for names of tools; the answer has it back")
    return { ...tool, name: map(tool.name) }
  })
  const changed = mapBlocks(tools, block => withName(block, map))
  const toolChoice = changed.toolChoice && withChosen(changed.toolChoice, map)
  return toolChoice === changed.toolChoice ? changed : { ...changed, toolChoice }
}

function shortened(name: string, { nameLength = 64 }: ToolProfile, fits: (name: string) => boolean): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH)
  const plain = name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, nameLength - HASH_LENGTH - 1)
  const written = `${plain}_${hash}`
  return fits(written) ? written : `f_${written}`.slice(0, nameLength)
}

function withName(block: Block, map: (name: string) => string): Block {
  if (block.type !== 'toolCall' && block.type !== 'toolResult' && block.type !== 'toolReference') return block
  if (block.name === undefined) return block
  const name = map(block.name)
  return name === block.name ? block : { ...block, name }
}

function withChosen(choice: ToolChoice, map: (name: string) => string): ToolChoice {
  if (choice.type === 'tool') {
    const name = map(choice.tool.name)
    return name === choice.tool.name ? choice : { ...choice, tool: { ...choice.tool, name } }
  }
  if (choice.type !== 'allowed' || choice.tools.every(tool => map(tool.name) === tool.name)) return choice
  return { ...choice, tools: choice.tools.map(tool => ({ ...tool, name: map(tool.name) })) }
}
