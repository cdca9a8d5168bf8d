import type { RequestHead } from 'lunaroute'

const RESPONSES_PATH = /^(?:\/v1)?\/(?:responses|conversations)(?:\/|$)/
/** What OpenAI keeps under `/v1/`: enough to know a request by when it has no header to tell. */
const OPENAI_RESOURCES = new Set([
  'chat',
  'completions',
  'embeddings',
  'moderations',
  'images',
  'audio',
  'videos',
  'realtime',
  'models',
  'files',
  'uploads',
  'batches',
  'fine_tuning',
  'vector_stores',
  'assistants',
  'threads',
  'containers',
  'evals',
  'organization',
])

const FOREIGN_HEADERS = ['anthropic-version', 'anthropic-beta', 'x-api-key', 'x-goog-api-key', 'x-goog-api-client']
const FOREIGN_PATH =
  /^\/(?:v1\/(?:messages|complete|organizations)|api|(?:(?:upload|download)\/)?v1(?:beta|alpha)\d*)(?:\/|$)/
/** `/v1/models/gemini-2.5-flash:countTokens`. A fine-tuned model's name has colons too, but is never posted to. */
const GEMINI_VERB = /\/(?:models|tunedModels)\/[^/]+:[a-zA-Z]+$/
const GEMINI_KEY = /(?:^|&)key=/

/** Whatever carries a bearer token or names a path of OpenAI's, and shows no other dialect's sign. */
export function claimsForChat(head: RequestHead): boolean {
  if (RESPONSES_PATH.test(head.path) || isForeign(head)) return false
  return head.has('authorization') || OPENAI_RESOURCES.has(resource(head.path))
}

export function claimsForResponses(head: RequestHead): boolean {
  return RESPONSES_PATH.test(head.path) && !isForeign(head)
}

function isForeign(head: RequestHead): boolean {
  return (
    FOREIGN_HEADERS.some(name => head.has(name)) ||
    FOREIGN_PATH.test(head.path) ||
    (head.method === 'POST' && GEMINI_VERB.test(head.path)) ||
    GEMINI_KEY.test(head.query)
  )
}

/** The first segment after the version. */
function resource(path: string): string {
  return path.replace(/^\/v1(?=\/)/, '').split('/', 2)[1] ?? ''
}
