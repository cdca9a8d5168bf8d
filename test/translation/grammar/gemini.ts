import { isObject, type JsonObject } from 'lunaroute/neutral'

const KINDS = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
]

/** Fields all chunks of a stream say alike. */
const CONSTANT = ['responseId', 'modelVersion'] as const

/**
 * What is wrong with a stream of Gemini's: each event is a GenerateContentResponse or, as the last one, an error; id and
 * model do not change; a part is one thing; a call is whole, or continued until it is; nothing of a candidate follows its
 * reason to finish; every candidate has one in the end, unless the prompt was blocked. An empty list is a legal stream.
 */
export function checkGeminiStream(frames: readonly { readonly data: string | JsonObject }[]): string[] {
  const problems: string[] = []
  const seen = new Map<string, unknown>()
  const finished = new Map<number, boolean>()
  const openCalls = new Set<number>()
  let isBlocked = false
  let hasError = false

  for (const [n, { data }] of frames.entries()) {
    const say = (problem: string) => problems.push(`event ${n}: ${problem}`)
    const chunk = parse(data)
    if (hasError) say('follows an error')
    if (!isObject(chunk)) {
      say('is no JSON object')
      continue
    }
    if ('error' in chunk) {
      hasError = true
      for (const problem of errorProblems(chunk)) say(problem)
      continue
    }
    if (!['candidates', 'promptFeedback', 'usageMetadata'].some(key => key in chunk)) say('says nothing')
    if (isObject(chunk.promptFeedback) && chunk.promptFeedback.blockReason !== undefined) isBlocked = true
    for (const key of CONSTANT) {
      if (chunk[key] === undefined) continue
      if (seen.has(key) && seen.get(key) !== chunk[key]) say(`${key} changed`)
      seen.set(key, chunk[key])
    }
    for (const problem of usageProblems(chunk.usageMetadata)) say(problem)
    for (const [position, candidate] of listOf(chunk.candidates, say).entries()) {
      if (!isObject(candidate)) {
        say('a candidate is no object')
        continue
      }
      const index = typeof candidate.index === 'number' ? candidate.index : position
      if (finished.get(index)) say(`candidate ${index} goes on after its end`)
      for (const problem of contentProblems(candidate.content, index, openCalls)) say(problem)
      const { finishReason } = candidate
      const isEnd = finishReason !== undefined
      if (isEnd && typeof finishReason !== 'string' && typeof finishReason !== 'number') say('odd finishReason')
      if (isEnd && openCalls.has(index)) say(`candidate ${index} ends inside a call`)
      finished.set(index, isEnd)
    }
  }
  if (hasError) return problems
  if (finished.size === 0 && !isBlocked) problems.push('the stream has no answer')
  for (const [index, isEnd] of finished) if (!isEnd) problems.push(`candidate ${index} has no reason to finish`)
  return problems
}

function contentProblems(content: unknown, index: number, openCalls: Set<number>): string[] {
  if (content === undefined) return []
  if (!isObject(content)) return ['content is no object']
  if (content.role !== undefined && content.role !== 'model') return ['content is not the model’s']
  if (content.parts === undefined) return []
  if (!Array.isArray(content.parts)) return ['parts are no list']
  return content.parts.flatMap(part => partProblems(part, index, openCalls))
}

function partProblems(part: unknown, index: number, openCalls: Set<number>): string[] {
  if (!isObject(part)) return ['a part is no object']
  const kinds = KINDS.filter(kind => kind in part)
  if (kinds.length > 1) return [`a part is ${kinds.join(' and ')} at once`]
  if (kinds.length === 0 && !part.thoughtSignature && !part.thought) return ['a part says nothing']
  if ('text' in part && typeof part.text !== 'string') return ['a text is no string']
  if ('thought' in part && typeof part.thought !== 'boolean') return ['thought is no boolean']
  if ('thoughtSignature' in part && typeof part.thoughtSignature !== 'string') return ['a signature is no string']
  if (!('functionCall' in part)) return []
  const call = part.functionCall
  if (!isObject(call)) return ['a call is no object']
  const isContinued = openCalls.delete(index)
  if (call.willContinue === true) openCalls.add(index)
  const problems: string[] = []
  if (typeof call.name !== 'string' && !isContinued) problems.push('a call has no name')
  if (call.args !== undefined && !isObject(call.args)) problems.push('arguments are no object')
  return problems
}

function usageProblems(usage: unknown): string[] {
  if (usage === undefined) return []
  if (!isObject(usage)) return ['usageMetadata is no object']
  const counts = Object.entries(usage).filter(([key, value]) => key.endsWith('Count') && typeof value !== 'number')
  return counts.filter(([, value]) => value !== null).map(([key]) => `${key} is no number`)
}

function errorProblems({ error }: JsonObject): string[] {
  if (!isObject(error)) return ['error is no object']
  const isWhole =
    typeof error.code === 'number' && typeof error.message === 'string' && typeof error.status === 'string'
  return isWhole ? [] : ['an error lacks code, message or status']
}

function listOf(value: unknown, say: (problem: string) => void): readonly unknown[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) say('candidates are no list')
  return Array.isArray(value) ? value : []
}

function parse(data: string | JsonObject): unknown {
  if (typeof data !== 'string') return data
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
