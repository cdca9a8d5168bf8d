import { type GenerateContentConfig, GoogleGenAI, type Part, ThinkingLevel } from '@google/genai'
import { type Client, failureOf, PARAMETERS, RESULTS, SCHEMA, TOOL_NAMES, wordsOf } from './client.ts'

/** `@google/genai`. */
export function geminiClient(url: string): Client {
  const { models } = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url, retryOptions: { attempts: 1 } } })
  const hi = { role: 'user', parts: [{ text: 'Hi' }] as Part[] }
  const tools = [{ functionDeclarations: TOOL_NAMES.map(name => ({ name, parametersJsonSchema: PARAMETERS })) }]
  const ask = async (model: string, contents: unknown, config: GenerateContentConfig, isStream: boolean) => {
    const body = { model, contents: contents as never, config }
    const parts: Part[] = []
    if (isStream) {
      for await (const each of await models.generateContentStream(body)) {
        parts.push(...(each.candidates?.[0]?.content?.parts ?? []))
      }
    } else parts.push(...((await models.generateContent(body)).candidates?.[0]?.content?.parts ?? []))
    return parts
  }
  const textIn = (parts: readonly Part[]) => parts.map(({ text, thought }) => (thought ? '' : (text ?? ''))).join('')
  const text = async (model: string) => textIn(await ask(model, 'Hi', {}, false))
  const stream = async (model: string) => textIn(await ask(model, 'Hi', {}, true))
  const callsOf = (parts: readonly Part[]) => parts.flatMap(({ functionCall }) => (functionCall ? [functionCall] : []))
  const turnsOf = (parts: readonly Part[]) => [
    { role: 'model', parts },
    {
      role: 'user',
      parts: callsOf(parts).map(({ id, name = '' }) => ({
        functionResponse: { ...(id && { id }), name, response: { output: RESULTS[name] } },
      })),
    },
  ]
  return {
    text,
    stream,
    async tools(model, isStream) {
      const first = await ask(model, [hi], { tools }, isStream)
      const second = [hi, ...turnsOf(first)]
      const again = await ask(model, second, { tools }, isStream)
      const third = [...second, ...turnsOf(again)]
      const last = await ask(model, third, { tools }, isStream)
      const calls = [first, again].flatMap(callsOf)
      return { calls: calls.map(({ name = '', args }) => ({ name, input: args ?? {} })), text: textIn(last) }
    },
    async image(model, data) {
      const parts = [{ text: 'What is it?' }, { inlineData: { mimeType: 'image/png', data } }]
      return textIn(await ask(model, [{ role: 'user', parts }], {}, false))
    },
    async structured(model, isStream) {
      const config = { responseMimeType: 'application/json', responseJsonSchema: SCHEMA }
      return textIn(await ask(model, [hi], config, isStream))
    },
    async reasoning(model, next, isStream) {
      const config = { tools, thinkingConfig: { thinkingLevel: ThinkingLevel.HIGH, includeThoughts: true } }
      const first = await ask(model, [hi], config, isStream)
      const turns = [hi, ...turnsOf(first)]
      const last = await ask(model, turns, config, isStream)
      await ask(next, turns, config, isStream)
      return { shown: JSON.stringify(first), text: textIn(last) }
    },
    async abort(model) {
      const leaving = new AbortController()
      const config = { abortSignal: leaving.signal }
      for await (const each of await models.generateContentStream({ model, contents: 'Hi', config })) {
        if (each.text) return leaving.abort()
      }
    },
    error: model => failureOf(text(model)),
    cut: model => wordsOf(stream(model)),
  }
}
