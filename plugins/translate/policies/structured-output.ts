import type { Policy } from '../policy.ts'

/** For models without structured output: the form is asked for in words. */
export const withOutputInWords: Policy = (request, { diagnostics, profile }) => {
  const format = request.output?.format
  const { structuredOutput } = profile
  if (!format || format.type === 'text' || structuredOutput === undefined || structuredOutput === 'native')
    return request
  diagnostics.changed('output.format', 'the model is asked for JSON in words, without a guarantee')
  const schema = format.type === 'jsonSchema' ? ` that matches this schema:\n${JSON.stringify(format.schema)}` : '.'
  const text = `Answer with nothing but one JSON value, without code fences,${schema === '.' ? ' please.' : schema}`
  const { format: _, ...output } = request.output
  return {
    ...request,
    output,
    messages: [{ role: 'system', content: [{ type: 'text', text }], placement: 'top' }, ...request.messages],
  }
}
