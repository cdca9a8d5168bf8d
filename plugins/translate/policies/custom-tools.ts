import type { CustomTool, FunctionTool, ToolChoice, ToolReference } from 'lunaroute/neutral'
import type { Policy } from '../policy.ts'
import { mapBlocks, mapTools } from '../walk.ts'

/** For models without free-text tools: a function with one text argument stands for each, in earlier turns too. */
export const withoutCustomTools: Policy = (request, { diagnostics, profile, reversal }) => {
  const { hasCustomTools = false } = profile.tools || {}
  if (hasCustomTools) return request
  const tools = mapTools(request, tool => {
    if (tool.type !== 'custom') return tool
    diagnostics.changed(tool.at ?? 'tools', 'a free-text tool is declared as a function with one text argument')
    reversal.lowered(tool.name)
    return lowered(tool)
  })
  const changed = mapBlocks(tools, block => {
    if (block.type === 'toolCall' && block.inputType === 'text') {
      reversal.lowered(block.name)
      return { ...block, inputType: 'json', input: JSON.stringify({ input: block.input }) }
    }
    return block.type === 'toolResult' && block.inputType === 'text' ? { ...block, inputType: 'json' } : block
  })
  const toolChoice = changed.toolChoice && loweredChoice(changed.toolChoice)
  return toolChoice === changed.toolChoice ? changed : { ...changed, toolChoice }
}

function lowered({ name, description, grammar, cacheMark, isDeferred, at }: CustomTool): FunctionTool {
  const rule = grammar && `The input must match this ${grammar.syntax} grammar:\n${grammar.definition}`
  return {
    type: 'function',
    name,
    description: [description, rule].filter(text => text !== undefined).join('\n\n') || undefined,
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text.' } },
      required: ['input'],
      additionalProperties: false,
    },
    cacheMark,
    isDeferred,
    at,
  }
}

function loweredChoice(choice: ToolChoice): ToolChoice {
  if (choice.type === 'tool' && choice.tool.of === 'custom') return { ...choice, tool: asFunction(choice.tool) }
  if (choice.type === 'allowed' && choice.tools.some(tool => tool.of === 'custom')) {
    return { ...choice, tools: choice.tools.map(asFunction) }
  }
  return choice
}

function asFunction(reference: ToolReference): ToolReference {
  return reference.of === 'custom' ? { ...reference, of: 'function' } : reference
}
