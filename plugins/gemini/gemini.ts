import { type Dialect, moduleUrl, type RequestHead } from 'lunaroute'
import { geminiCodec } from './codec/index.ts'
import { endpoints, VERSIONS } from './endpoints.ts'
import { errorBody, errorEvent } from './errors.ts'
import { messageEditor } from './message-editor.ts'
import { sessionOf } from './session.ts'

const OWN_HEADERS = ['x-goog-api-key', 'x-goog-api-client']
const OWN_PATH = /^\/(?:(?:upload|download)\/)?v1(?:beta|alpha)\d*(?:\/|$)/
/** Only a POST carries a verb: OpenAI's fine-tuned models have colons in their names. */
const VERB = /\/(?:models|tunedModels)\/[^/]+:[a-zA-Z]+$/
const KEY = /(?:^|&)key=/

/** The Gemini API as Google AI Studio serves it, under `/v1beta` and `/v1`. */
export const gemini: Dialect = {
  name: 'gemini',
  endpoints,
  claims,
  // The path names the model, except for interactions.
  peek: ['model', 'stream'],
  credentials: {
    headers: ['x-goog-api-key', 'authorization'],
    query: ['key'],
    header: key => ['x-goog-api-key', key],
  },
  versions: VERSIONS,
  basePath: 'prefix',
  target({ operation, model, isStream }) {
    const verbs = { generate: isStream ? 'streamGenerateContent' : 'generateContent', 'count-tokens': 'countTokens' }
    const verb = (verbs as Readonly<Record<string, string>>)[operation]
    if (verb === undefined) return undefined
    const path = `/v1beta/models/${encodeURI(model.replace(/^models\//, ''))}:${verb}`
    return { method: 'POST', path, ...(isStream && verb === verbs.generate && { query: 'alt=sse' }) }
  },
  session: sessionOf,
  errorBody,
  errorEvent,
  messages: messageEditor,
  codecModule: moduleUrl(import.meta.url, './codec/index.ts'),
  codec: geminiCodec,
}

function claims(head: RequestHead): boolean {
  return (
    OWN_HEADERS.some(name => head.has(name)) ||
    OWN_PATH.test(head.path) ||
    (head.method === 'POST' && VERB.test(head.path)) ||
    KEY.test(head.query)
  )
}
