import type { Block, NeutralRequest, ToolDefinition } from 'lunaroute/neutral'

/** Characters to a token, about: measured over English prose and code with the tokenizers of both large vendors. */
const CHARACTERS = 3.6
const PICTURE = 1_500
const PAGE_BYTES = 60_000
const MESSAGE = 4
const TOOL = 12

/** How many tokens a request is, about. Never zero: clients divide by it. */
export function estimateTokens(request: NeutralRequest): number {
  let tokens = 0
  for (const message of request.messages) tokens += MESSAGE + blocks(message.content)
  for (const tool of request.tools ?? []) tokens += TOOL + toolText(tool) / CHARACTERS
  const format = request.output?.format
  if (format?.type === 'jsonSchema') tokens += JSON.stringify(format.schema).length / CHARACTERS
  return Math.max(1, Math.ceil(tokens))
}

function blocks(content: readonly Block[]): number {
  return content.reduce((sum, block) => sum + blockTokens(block), 0)
}

function blockTokens(block: Block): number {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return block.text.length / CHARACTERS
    case 'reasoning':
      return block.parts.reduce((sum, { text }) => sum + text.length / CHARACTERS, 0)
    case 'toolCall':
    case 'serverToolCall':
      return TOOL + (block.name.length + block.input.length) / CHARACTERS
    case 'toolResult':
      return TOOL + blocks(block.content)
    case 'image':
    case 'video':
      return PICTURE
    case 'document':
    case 'audio': {
      const { source } = block
      if (source?.type === 'text') return source.text.length / CHARACTERS
      if (source?.type === 'blocks') return blocks(source.content)
      const pages = source?.type === 'base64' ? Math.ceil(source.data.length / PAGE_BYTES) : 1
      return pages * PICTURE
    }
    case 'toolReference':
    case 'toolAddition':
      return TOOL
    case 'compaction':
      return (block.text?.length ?? 0) / CHARACTERS
    default:
      return JSON.stringify('value' in block ? block.value : block).length / CHARACTERS
  }
}

function toolText(tool: ToolDefinition): number {
  if (tool.type === 'namespace') return tool.tools.reduce((sum, each) => sum + toolText(each), 0)
  if (tool.type === 'native') return JSON.stringify(tool.value).length
  const { name = '' } = tool
  if (tool.type === 'provider') return name.length
  const form = tool.type === 'function' ? JSON.stringify(tool.parameters ?? {}) : (tool.grammar?.definition ?? '')
  return name.length + (tool.description?.length ?? 0) + form.length
}
