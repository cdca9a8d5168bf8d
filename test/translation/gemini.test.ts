import { readFileSync } from 'node:fs'
import type { JsonObject } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { geminiCodec as codec } from '../../plugins/gemini/codec/index.ts'
import { canonical, captures, hasCorpus, type Recording, recordings, strictContext } from './corpus.ts'
import { mutants } from './mutants.ts'

/** Recordings that do not come back as they were, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {}

const COUNTS = { requests: 242, captures: 13, responses: 217, errors: 16 }

const context = strictContext({ dialect: 'none', messages: [] })
const excused = new Set<string>()

if (!hasCorpus) console.warn('gemini round trips skipped: there is no ../shared/corpus beside the repository')

describe.skipIf(!hasCorpus)('gemini -> neutral -> gemini', () => {
  const request = (body: JsonObject) => codec.writeRequest(codec.readRequest({ body }), context).body
  const response = (body: JsonObject) => codec.writeResponse(codec.readResponse(body), context)
  const error = (body: JsonObject) =>
    codec.writeError(codec.readError(body, { status: 400, get: () => undefined })).body
  const requests = hasCorpus ? recordings('gemini', 'request.json') : []
  const captured = hasCorpus ? geminiPaths().flatMap(captures) : []
  const answers = hasCorpus ? recordings('gemini', 'response.json') : []

  it(`gives back ${COUNTS.requests} recorded requests`, () => {
    expect(requests.length).toBe(COUNTS.requests)
    expect(changed(requests, request)).toEqual([])
  })

  it(`gives back ${COUNTS.captures} requests of real clients`, () => {
    expect(captured.length).toBe(COUNTS.captures)
    expect(changed(captured, request)).toEqual([])
  })

  it(`gives back ${COUNTS.responses} recorded responses`, () => {
    const all = answers.filter(answer => !isError(answer))
    expect(all.length).toBe(COUNTS.responses)
    expect(changed(all, response)).toEqual([])
  })

  it(`gives back ${COUNTS.errors} recorded errors`, () => {
    const all = answers.filter(isError)
    expect(all.length).toBe(COUNTS.errors)
    expect(changed(all, error)).toEqual([])
  })

  it('gives back bodies with fields missing, null, unknown or of the wrong type', () => {
    expect(changed(requests.flatMap(mutants), request)).toEqual([])
    expect(changed(answers.filter(answer => !isError(answer)).flatMap(mutants), response)).toEqual([])
    expect(changed(answers.filter(isError).flatMap(mutants), error)).toEqual([])
  }, 120_000)

  it('has no exception that is not needed', () => {
    expect([...excused]).toEqual(Object.keys(EXCEPTIONS))
  })
})

function isError({ status, body }: Recording): boolean {
  return status >= 400 || 'error' in body
}

/** The paths under which clients of Gemini asked for content or for a count. */
function geminiPaths(): readonly string[] {
  const clients = ['gemini-cli', 'sdk-genai', 'opencode', 'sdk-ai']
  const paths = clients.flatMap(client => {
    const index = new URL(`../../../shared/captures/${client}/index.json`, import.meta.url)
    return (JSON.parse(readFileSync(index, 'utf8')) as { path: string }[]).map(({ path }) => path.split('?')[0]!)
  })
  return [...new Set(paths)].filter(path => /:(?:streamGenerateContent|generateContent|countTokens)$/.test(path))
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
