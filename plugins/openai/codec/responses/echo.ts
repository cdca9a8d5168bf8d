import { type Diagnostics, type JsonObject, type NeutralRequest, restore } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { writeOptions } from './write-options.ts'

/** What an answer repeats of its request, and what stands there where the request said nothing. */
const ECHO: JsonObject = {
  instructions: null,
  max_output_tokens: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  store: false,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
}

const KEYS = [...Object.keys(ECHO), 'background', 'max_tool_calls', 'prompt_cache_key', 'safety_identifier', 'user']

/** The fields of an answer that repeat the client's request. */
export function echoOf(request: NeutralRequest): JsonObject {
  const isOwn = request.dialect === DIALECT
  const options = writeOptions(request, { diagnostics: SILENT, profile: {}, isOwn })
  const said = restore({ ...options, instructions: instructionsOf(request) }, request.extra, DIALECT)
  const echo: Record<string, unknown> = {}
  for (const key of KEYS) echo[key] = said[key] ?? ECHO[key]
  return echo
}

/** Losses were reported when the request was written. */
const SILENT: Diagnostics = {
  isStrict: false,
  dropped() {},
  changed() {},
  refused(path, reason) {
    throw new Error(`${path}: ${reason}`)
  },
}

function instructionsOf({ messages: [first] }: NeutralRequest): string | undefined {
  const [only] = first?.placement === 'top' ? first.content : []
  return only?.type === 'text' ? only.text : undefined
}
