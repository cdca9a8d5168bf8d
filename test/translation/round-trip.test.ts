import { describe, expect, it } from 'vitest'
import * as anthropic from '../../plugins/anthropic/codec/index.ts'
import { canonical, captures, hasCorpus, recordings, strictContext } from './corpus.ts'

/** Recordings that do not come back as they were, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {}

const DIALECTS = [
  {
    api: 'anthropic-messages',
    codec: anthropic,
    paths: ['/v1/messages', '/v1/messages/count_tokens'],
    requests: 221,
    captured: 60,
    responses: 163,
    errors: 15,
  },
] as const

const empty = { dialect: 'none', messages: [] }

if (!hasCorpus) console.warn('round trips skipped: there is no ../shared/corpus beside the repository')

describe.skipIf(!hasCorpus)('native -> neutral -> native', () => {
  for (const { api, codec, paths, requests, captured, responses, errors } of DIALECTS) {
    const context = strictContext(empty)
    const answers = hasCorpus ? recordings(api, 'response.json') : []
    const isError = ({ status, body }: { status: number; body: object }) => status >= 400 || 'error' in body

    it(`gives back ${requests} recorded requests of ${api}`, () => {
      const all = recordings(api, 'request.json')
      expect(all.length).toBe(requests)
      expect(
        all.filter(({ id, body }) => differs(id, body, codec.writeRequest(codec.readRequest({ body }), context).body)),
      ).toEqual([])
    })

    it(`gives back ${captured} requests of real clients of ${api}`, () => {
      const all = paths.flatMap(captures)
      expect(all.length).toBe(captured)
      expect(
        all.filter(({ id, body }) => differs(id, body, codec.writeRequest(codec.readRequest({ body }), context).body)),
      ).toEqual([])
    })

    it(`gives back ${responses} recorded responses of ${api}`, () => {
      const all = answers.filter(answer => !isError(answer))
      expect(all.length).toBe(responses)
      expect(
        all.filter(({ id, body }) => differs(id, body, codec.writeResponse(codec.readResponse(body), context))),
      ).toEqual([])
    })

    it(`gives back ${errors} recorded errors of ${api}`, () => {
      const all = answers.filter(isError)
      expect(all.length).toBe(errors)
      const head = (status: number) => ({ status, get: () => undefined })
      expect(
        all.filter(({ id, body, status }) =>
          differs(id, body, codec.writeError(codec.readError(body, head(status))).body),
        ),
      ).toEqual([])
    })
  }

  it('has no exception that is not needed', () => {
    expect(Object.keys(EXCEPTIONS)).toEqual([...excused])
  })
})

const excused = new Set<string>()

function differs(id: string, before: object, after: object): boolean {
  // What a plugin sends is JSON: undefined fields do not exist there.
  const [a, b] = [canonical(before), canonical(JSON.parse(JSON.stringify(after)))]
  if (a === b) return false
  if (Object.hasOwn(EXCEPTIONS, id)) {
    excused.add(id)
    return false
  }
  console.error(
    `${id}\n- ${a.slice(Math.max(0, diffAt(a, b) - 80), diffAt(a, b) + 120)}\n+ ${b.slice(Math.max(0, diffAt(a, b) - 80), diffAt(a, b) + 120)}`,
  )
  return true
}

function diffAt(a: string, b: string): number {
  let i = 0
  while (i < a.length && a[i] === b[i]) i++
  return i
}
