import type { FunctionTool, NeutralRequest, OutputFormat, ToolChoice, ToolReference } from 'lunaroute/neutral'
import type { Policy } from '../policy.ts'

/** For models without structured output of their own: a tool that must be called with the answer, else words. */
export const withStructuredOutput: Policy = (request, context) => {
  const format = request.output?.format
  const { structuredOutput, hasJsonMode, tools: limits } = context.profile
  const isInWords = format?.type === 'json' && hasJsonMode === false && structuredOutput !== 'tool'
  if (!format || format.type === 'text') return request
  if (!isInWords && (structuredOutput === undefined || structuredOutput === 'native')) return request
  const canForce = limits !== false && limits?.hasForcedChoice !== false
  const plain = { ...request, output: { ...request.output, format: undefined } }
  if (isInWords || structuredOutput === 'prompt' || !canForce) {
    context.diagnostics.changed('output.format', 'the model is asked for JSON in words, without a guarantee')
    return inWords(plain, format)
  }
  if (isForced(request.toolChoice)) {
    context.diagnostics.changed('output.format', 'the model is made to use a tool, and gives no answer beside it')
    return plain
  }
  context.diagnostics.changed('output.format', "the model gives its answer as a tool's input, which becomes its text")
  const { tool, isWrapped } = answerTool(format, namesOf(request))
  context.reversal.answeredBy(tool.name, isWrapped)
  const others = request.toolChoice?.type === 'none' ? [] : (request.tools ?? [])
  const toolChoice = choiceOf(request.toolChoice, others.length > 0, { type: 'reference', name: tool.name })
  // Without other tools there is one answer to give.
  const isParallelToolUse = others.length === 0 ? false : request.isParallelToolUse
  return { ...plain, tools: [...others, tool], toolChoice, isParallelToolUse }
}

type JsonFormat = Exclude<OutputFormat, { readonly type: 'text' }>

const NAME = 'give_answer'
const DESCRIPTION = 'Gives the final answer. Call it once, alone, when no other tool is needed any more.'

function answerTool(format: JsonFormat, taken: ReadonlySet<string>): { tool: FunctionTool; isWrapped: boolean } {
  const schema = format.type === 'jsonSchema' ? format.schema : { type: 'object' }
  // The input of a tool is an object.
  const isWrapped = schema.type !== 'object'
  const parameters = isWrapped ? { type: 'object', properties: { answer: schema }, required: ['answer'] } : schema
  const told = format.type === 'jsonSchema' ? format.description : undefined
  let name = NAME
  while (taken.has(name)) name += '_'
  const description = told === undefined ? DESCRIPTION : `${DESCRIPTION} ${told}`
  return { tool: { type: 'function', name, description, parameters, isStrict: false }, isWrapped }
}

function namesOf({ tools = [] }: NeutralRequest): ReadonlySet<string> {
  return new Set(tools.flatMap(tool => ('name' in tool && tool.name !== undefined ? [tool.name] : [])))
}

function isForced(choice: ToolChoice | undefined): boolean {
  return (
    choice?.type === 'required' || choice?.type === 'tool' || (choice?.type === 'allowed' && choice.mode === 'required')
  )
}

function choiceOf(asked: ToolChoice | undefined, hasOthers: boolean, answer: ToolReference): ToolChoice {
  if (!hasOthers) return { type: 'tool', tool: answer }
  if (asked?.type !== 'allowed') return { type: 'required' }
  return { type: 'allowed', mode: 'required', tools: [...asked.tools, answer] }
}

function inWords(request: NeutralRequest, format: JsonFormat): NeutralRequest {
  const schema = format.type === 'jsonSchema' ? ` that matches this schema:\n${JSON.stringify(format.schema)}` : '.'
  const text = `Answer with nothing but one JSON value, without code fences,${schema === '.' ? ' please.' : schema}`
  return {
    ...request,
    messages: [{ role: 'system', content: [{ type: 'text', text }], placement: 'top' }, ...request.messages],
  }
}
