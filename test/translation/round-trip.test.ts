import type { JsonObject, NeutralRequest } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { messagesCodec } from '../../plugins/anthropic/codec/index.ts'
import { chatCodec } from '../../plugins/openai/codec/chat/index.ts'
import { responsesCodec } from '../../plugins/openai/codec/responses/index.ts'
import { canonical, captures, hasCorpus, type Recording, recordings, strictContext } from './corpus.ts'
import { mutants } from './mutants.ts'

/** Recordings that do not come back as they were, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {}

const DIALECTS = [
  {
    api: 'anthropic-messages',
    codec: messagesCodec,
    paths: ['/v1/messages', '/v1/messages/count_tokens'],
    counts: { requests: 221, captures: 60, responses: 163, errors: 15 },
  },
  {
    api: 'openai-chat',
    codec: chatCodec,
    paths: ['/v1/chat/completions'],
    counts: { requests: 379, captures: 17, responses: 252, errors: 27 },
  },
  {
    api: 'openai-responses',
    codec: responsesCodec,
    paths: ['/v1/responses'],
    counts: { requests: 279, captures: 38, responses: 226, errors: 12 },
  },
] as const

const context = strictContext({ dialect: 'none', messages: [] })
const excused = new Set<string>()

if (!hasCorpus) console.warn('round trips skipped: there is no ../shared/corpus beside the repository')

describe.skipIf(!hasCorpus)('native -> neutral -> native', () => {
  for (const { api, codec, paths, counts } of DIALECTS) {
    const request = (body: JsonObject) => codec.writeRequest(codec.readRequest({ body }), context).body
    const response = (body: JsonObject) => codec.writeResponse(codec.readResponse(body), context)
    const error = (body: JsonObject) =>
      codec.writeError(codec.readError(body, { status: 400, get: () => undefined })).body
    const requests = hasCorpus ? recordings(api, 'request.json') : []
    const captured = hasCorpus ? paths.flatMap(captures) : []
    const answers = hasCorpus ? recordings(api, 'response.json') : []

    it(`gives back ${counts.requests} recorded requests of ${api}`, () => {
      expect(requests.length).toBe(counts.requests)
      expect(changed(requests, request)).toEqual([])
    })

    it(`gives back ${counts.captures} requests of real clients of ${api}`, () => {
      expect(captured.length).toBe(counts.captures)
      expect(changed(captured, request)).toEqual([])
    })

    it(`gives back ${counts.responses} recorded responses of ${api}`, () => {
      const all = answers.filter(answer => !isError(answer))
      expect(all.length).toBe(counts.responses)
      expect(changed(all, response)).toEqual([])
    })

    it(`gives back ${counts.errors} recorded errors of ${api}`, () => {
      const all = answers.filter(isError)
      expect(all.length).toBe(counts.errors)
      expect(changed(all, error)).toEqual([])
    })

    it(`gives back bodies of ${api} with fields missing, null, unknown or of the wrong type`, () => {
      expect(changed(requests.flatMap(mutants), request)).toEqual([])
      expect(changed(answers.filter(answer => !isError(answer)).flatMap(mutants), response)).toEqual([])
      expect(changed(answers.filter(isError).flatMap(mutants), error)).toEqual([])
    }, 120_000)

    it(`keeps no second copy of a text of ${api} in a bag`, () => {
      for (const { id, body } of [...requests, ...captured]) {
        const [texts, bags] = textsAndBags(codec.readRequest({ body }))
        const twice = texts.filter(text => text.length > 20 && bags.includes(JSON.stringify(text).slice(1, -1)))
        expect(twice, id).toEqual([])
      }
    })
  }

  it('has no exception that is not needed', () => {
    expect([...excused]).toEqual(Object.keys(EXCEPTIONS))
  })
})

function isError({ status, body }: Recording): boolean {
  // A whole response names its error too, null for none.
  return status >= 400 || ('error' in body && !('output' in body))
}

/** The recordings that come back changed, with the first difference. */
function changed(all: readonly Recording[], roundTrip: (body: JsonObject) => JsonObject): readonly string[] {
  return all.flatMap(({ id, body }) => {
    const before = canonical(body)
    // What leaves is JSON: there are no undefined fields in it.
    const after = canonical(JSON.parse(JSON.stringify(roundTrip(body))))
    if (before === after) return []
    if (Object.hasOwn(EXCEPTIONS, id)) {
      excused.add(id)
      return []
    }
    let at = 0
    while (before[at] === after[at]) at++
    const near = (text: string) => text.slice(Math.max(0, at - 60), at + 60)
    return [`${id}: ${near(before)} became ${near(after)}`]
  })
}

/** The texts of a request's blocks, and everything its bags hold. */
function textsAndBags(request: NeutralRequest): readonly [texts: readonly string[], bags: string] {
  const texts: string[] = []
  const bags: unknown[] = []
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const inner of value) walk(inner)
      return
    }
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'extra') bags.push(inner)
      else if (key === 'text') texts.push(String(inner))
      else walk(inner)
    }
  }
  walk(request.messages)
  return [texts, JSON.stringify(bags)]
}
