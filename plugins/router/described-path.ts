import { GatewayError } from 'lunaroute'

const CHAT = '/v1/chat/completions'
const MESSAGES = '/v1/messages'
/** Fields that a body of Messages may have, and one of Chat has not. */
const OF_MESSAGES = ['system', 'stop_sequences', 'thinking', 'top_k', 'anthropic_version', 'mcp_servers', 'container']
const BLOCKS_OF_MESSAGES = /^(?:image|document|thinking|\w*tool_use|\w*tool_result)$/

/** Where a body would be sent, by what is in it. Throws a GatewayError where that does not tell. */
export function pathOf(body: unknown): string {
  if (!isObject(body)) return CHAT
  const { model } = body
  if ('contents' in body) {
    if (typeof model === 'string') return `/v1beta/models/${model.replace(/^models\//, '')}:generateContent`
    throw new GatewayError(
      'LR_BAD_REQUEST',
      400,
      'a Gemini request names its model in its path: describe it as { path, body }, or say the path with --path',
    )
  }
  if ('input' in body) return /embed/.test(String(model)) ? '/v1/embeddings' : '/v1/responses'
  return isOfMessages(body) ? MESSAGES : CHAT
}

function isOfMessages(body: Readonly<Record<string, unknown>>): boolean {
  const { model, max_tokens: limit, tools, messages } = body
  if (OF_MESSAGES.some(field => field in body)) return true
  if (limit !== undefined && /^claude-/.test(String(model))) return true
  if (objectsOf(tools).some(tool => 'input_schema' in tool)) return true
  return objectsOf(messages).some(({ content }) =>
    objectsOf(content).some(({ type }) => BLOCKS_OF_MESSAGES.test(String(type))),
  )
}

function objectsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
