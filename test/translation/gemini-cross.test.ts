import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Diagnostics, JsonObject, NeutralRequest } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { messagesCodec as messages } from '../../plugins/anthropic/codec/index.ts'
import { geminiCodec } from '../../plugins/gemini/codec/index.ts'
import { chatCodec as chat } from '../../plugins/openai/codec/chat/index.ts'
import { hasCorpus, type Recording, recordings, strictContext } from './corpus.ts'

const OTHERS = [
  { api: 'openai-chat', schema: 'openai-chat', codec: chat },
  { api: 'anthropic-messages', schema: 'anthropic-messages-beta', codec: messages },
] as const

/** Requests of gemini that become no valid ones until `translate` has done its part, with what that is. */
const BUDGET = 'a thinking budget outside the range of the profile: clamped by translate'
const FOR_TRANSLATE: Readonly<Record<string, string>> = {
  'fantasy.thinking_streaming.d5f935ca': BUDGET,
  'js_genai.client_tests_generatecontentstream_ml_dev_should_stream.bf1ee4a6': BUDGET,
  'lmnr_python.test_google_genai_reasoning_tokens_with_include_thoughts.4a8e09cb': BUDGET,
  'mirascope.google_gemini_2_5_flash.7b0ea62f': 'thinking off and its display at once',
  'openinference.test_generate_content_with_config_as_dict.f155b6e0': BUDGET,
}

const schemas = new URL('../../../shared/schemas/', import.meta.url)
const hasSchemas = hasCorpus && existsSync(fileURLToPath(schemas))

if (!hasSchemas) console.warn('gemini cross checks skipped: there is no ../shared beside the repository')

describe.skipIf(!hasSchemas)('across dialects', () => {
  for (const { api, schema, codec } of OTHERS) {
    it(`requests of ${api} are valid in gemini`, () => {
      const outcome = tally(recordings(api, 'request.json'), validator('gemini', 'request'), (body, diagnostics) => {
        const request = codec.readRequest({ body })
        return geminiCodec.writeRequest(request, { profile: {}, diagnostics }).body
      })
      console.info(`${api} -> gemini requests: ${outcome.summary}`)
      expect(outcome.invalid).toEqual([])
    })

    it(`requests of gemini are valid in ${api}`, () => {
      const outcome = tally(recordings('gemini', 'request.json'), validator(schema, 'request'), (body, diagnostics) => {
        const request = geminiCodec.readRequest({ body, model: 'gemini-2.5-flash', isStream: false })
        return codec.writeRequest(request, { profile: { maxOutputTokens: 4096 }, diagnostics }).body
      })
      console.info(`gemini -> ${api} requests: ${outcome.summary}`)
      const known = api === 'openai-chat' ? [] : Object.keys(FOR_TRANSLATE)
      expect(outcome.invalid.map(line => line.split(': ')[0])).toEqual(known)
    })

    it(`responses of ${api} are valid in gemini`, () => {
      const answers = recordings(api, 'response.json').filter(({ status, body }) => status < 400 && !('error' in body))
      const outcome = tally(answers, validator('gemini', 'response'), (body, diagnostics) => {
        const context = { ...strictContext({ dialect: 'gemini', messages: [] }), diagnostics, model: 'm' }
        return geminiCodec.writeResponse(codec.readResponse(body), context)
      })
      console.info(`${api} -> gemini responses: ${outcome.summary}`)
      expect(outcome.invalid).toEqual([])
    })

    it(`no text, call or result of ${api} is lost without a word`, () => {
      const lost = recordings(api, 'request.json').flatMap(({ id, body }) => {
        const reports: string[] = []
        const request = codec.readRequest({ body })
        try {
          const written = geminiCodec.writeRequest(request, { profile: {}, diagnostics: reporter(reports) }).body
          const all = JSON.stringify(written)
          const missing = wanted(request).filter(({ text, at }) => !all.includes(text) && !reports.includes(at))
          return missing.map(({ text, at }) => `${id} ${at}: ${text.slice(0, 80)}`)
        } catch (error) {
          if (error instanceof Refused) return []
          throw error
        }
      })
      expect(lost).toEqual([])
    })
  }
})

class Refused extends Error {}

function reporter(paths: string[]): Diagnostics {
  return {
    isStrict: false,
    dropped: path => void paths.push(path),
    changed: path => void paths.push(path),
    refused(path) {
      throw new Refused(path)
    },
  }
}

/** Texts, names of calls and of tools that must be in what is written, as JSON has them. */
function wanted({ messages, tools = [] }: NeutralRequest): { readonly text: string; readonly at: string }[] {
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1)
  const blocks = messages
    .flatMap(({ content }) => content)
    .flatMap(block => {
      const at = block.at ?? ''
      if (block.type === 'text') return [{ text: inJson(block.text), at }]
      if (block.type === 'toolCall') return [{ text: `"name":"${block.name}"`, at }]
      // Its response holds the text as a string, or is the very JSON that it says.
      if (block.type !== 'toolResult') return []
      return block.content.flatMap(part =>
        part.type === 'text' && !isJson(part.text) ? [{ text: inJson(part.text), at }] : [],
      )
    })
  const names = tools.flatMap(tool =>
    tool.type === 'function' ? [{ text: `"name":"${tool.name}"`, at: tool.at ?? '' }] : [],
  )
  return [...blocks, ...names]
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

function tally(
  all: readonly Recording[],
  validate: (body: JsonObject) => string | undefined,
  translate: (body: JsonObject, diagnostics: Diagnostics) => JsonObject,
): { readonly invalid: readonly string[]; readonly summary: string } {
  const invalid: string[] = []
  let [valid, refused, reported] = [0, 0, 0]
  for (const { id, body } of all) {
    const reports: string[] = []
    try {
      const problem = validate(JSON.parse(JSON.stringify(translate(body, reporter(reports)))) as JsonObject)
      if (problem === undefined) valid++
      else invalid.push(`${id}: ${problem}`)
      if (reports.length > 0) reported++
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      refused++
    }
  }
  const summary = `${all.length} in all, ${valid} valid, ${invalid.length} invalid, ${refused} refused, ${reported} with a diagnostic`
  return { invalid, summary }
}

function validator(name: string, part: 'request' | 'response'): (body: JsonObject) => string | undefined {
  const schema = JSON.parse(readFileSync(new URL(`relaxed/${name}.schema.json`, schemas), 'utf8')) as JsonObject
  const roots = JSON.parse(readFileSync(new URL('roots.json', schemas), 'utf8')) as Record<
    string,
    Record<string, string>
  >
  const pointer = roots[name]![part]!.split('#')[1]!
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false })
  const check = ajv.compile({ ...schema, $id: `https://schemas.test/${name}`, $ref: `#${pointer}` })
  return body => (check(body) ? undefined : ajv.errorsText(check.errors).slice(0, 300))
}
