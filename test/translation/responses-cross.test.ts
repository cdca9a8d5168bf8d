import type { NeutralRequest, NeutralResponse } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { messagesCodec as messages } from '../../plugins/anthropic/codec/index.ts'
import { chatCodec as chat } from '../../plugins/openai/codec/chat/index.ts'
import { responsesCodec } from '../../plugins/openai/codec/responses/index.ts'
import { hasCorpus, recordings, strictContext } from './corpus.ts'
import { schemaProblems } from './schema.ts'

const SOURCES = [
  { api: 'openai-chat', codec: chat, requests: 379, responses: 252 },
  { api: 'anthropic-messages', codec: messages, requests: 221, responses: 163 },
] as const

/** Requests that their own provider refused for a number out of range, which a codec hands on. */
const OUT_OF_RANGE = ['dd_trace_js.anthropic_v1_messages_post_77bd4579.0ecc9e0b']

if (!hasCorpus) console.warn('cross checks skipped: there is no ../shared/corpus beside the repository')

describe.skipIf(!hasCorpus)('other dialects written as Responses', () => {
  for (const { api, codec, requests, responses } of SOURCES) {
    it(`makes ${requests} valid requests of those of ${api}`, () => {
      const invalid: string[] = []
      let refused = 0
      const all = recordings(api, 'request.json')
      for (const { id, body } of all) {
        const request = codec.readRequest({ body })
        if (OUT_OF_RANGE.includes(id)) continue
        try {
          const written = responsesCodec.writeRequest(request, lenient(request))
          invalid.push(...schemaProblems('CreateResponse', written.body).map(problem => `${id}: ${problem}`))
        } catch {
          refused++
        }
      }
      expect(invalid).toEqual([])
      expect(all.length).toBe(requests)
      console.log(`${api}: ${all.length} requests, ${refused} refused`)
    })

    it(`makes ${responses} valid responses of those of ${api}`, () => {
      const invalid: string[] = []
      const all = recordings(api, 'response.json').filter(({ status, body }) => status < 400 && !('error' in body))
      for (const { id, body } of all) {
        const read: NeutralResponse = codec.readResponse(body)
        const request: NeutralRequest = { dialect: 'openai-responses', messages: [] }
        const written = responsesCodec.writeResponse(read, lenient(request))
        invalid.push(...schemaProblems('Response', written).map(problem => `${id}: ${problem}`))
      }
      expect(invalid).toEqual([])
      expect(all.length).toBe(responses)
    })
  }
})

function lenient(request: NeutralRequest) {
  const context = strictContext(request)
  let ids = 0
  return {
    ...context,
    diagnostics: { ...context.diagnostics, isStrict: false, dropped() {}, changed() {} },
    model: 'model',
    id: (prefix: string) => prefix + ids++,
  }
}
