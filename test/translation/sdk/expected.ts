type Body = Readonly<Record<string, unknown>>
type Name = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini'
type Each<T> = Readonly<Record<Name, T>>

/** Where something stands in a request of each dialect. */
const at =
  (...path: readonly string[]) =>
  (body: Body) =>
    path.reduce<unknown>((value, key) => (value as Body | undefined)?.[key], body)

const dataUrl = (data: string) => `data:image/png;base64,${data}`

/** A PNG, base64, as each dialect has it. */
export const PICTURES: Each<(data: string) => object> = {
  'openai-chat': data => ({ url: dataUrl(data) }),
  'openai-responses': data => ({ image_url: dataUrl(data) }),
  'anthropic-messages': data => ({ source: { type: 'base64', media_type: 'image/png', data } }),
  gemini: data => ({ inlineData: { mimeType: 'image/png', data } }),
}

/** The schema of the answer. */
export const STRUCTURES: Each<(body: Body) => unknown> = {
  'openai-chat': at('response_format', 'json_schema', 'schema'),
  'openai-responses': at('text', 'format', 'schema'),
  'anthropic-messages': at('output_config', 'format', 'schema'),
  gemini: body => at('generationConfig', 'responseJsonSchema')(body) ?? at('generationConfig', 'responseSchema')(body),
}

export const EFFORTS: Each<(body: Body) => unknown> = {
  'openai-chat': at('reasoning_effort'),
  'openai-responses': at('reasoning', 'effort'),
  'anthropic-messages': at('output_config', 'effort'),
  gemini: body => String(at('generationConfig', 'thinkingConfig', 'thinkingLevel')(body)).toLowerCase(),
}

const OPENAI = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."

/** How each says that a conversation of 9000 tokens is too long for 8192. */
export const OVERFLOWS: Each<string> = {
  'openai-chat': OPENAI,
  'openai-responses': OPENAI,
  'anthropic-messages': 'prompt is too long: 9000 tokens > 8192 maximum',
  gemini: 'The input token count (9000) exceeds the maximum number of tokens allowed (8192).',
}
