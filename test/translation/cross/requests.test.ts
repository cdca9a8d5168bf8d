import { GatewayError } from 'lunaroute'
import type { JsonObject } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { hasCorpus, recordings } from '../corpus.ts'
import { type Census, censusOf } from './census.ts'
import { invalidity, PAIRS, type Side } from './dialects.ts'
import { type Sent, sent } from './request-path.ts'
import { shared } from './shared-subset.ts'

const total = { requests: 0, valid: 0, refused: 0 }

if (!hasCorpus) console.warn('cross translation of requests skipped: there is no ../shared beside the repository')

describe.skipIf(!hasCorpus)('recorded requests, as a provider of another dialect gets them', () => {
  for (const { from: client, to: provider } of PAIRS) {
    const pair = `${client.codec.dialect} -> ${provider.codec.dialect}`
    const all = hasCorpus ? recordings(client.codec.dialect, 'request.json').filter(({ status }) => status < 400) : []

    it(`${pair}: valid, complete, and the same when read back`, () => {
      let [valid, refused, noted] = [0, 0, 0]
      const problems = all.flatMap(({ id, body }) => {
        const written = attempt(client, provider, body)
        if (!written) {
          refused++
          return []
        }
        const invalid = invalidity(provider, 'request', written.body)
        if (invalid === undefined) valid++
        if (written.diagnostics.length > 0) noted++
        const lost = losses(client, provider, body, written)
        const found = [...(invalid === undefined ? [] : [invalid]), ...lost]
        return [...found, ...changes(provider, written)].map(problem => `${id}: ${problem}`)
      })
      total.requests += all.length
      total.valid += valid
      total.refused += refused
      console.log(`${pair}: ${all.length} requests, ${valid} valid, ${refused} refused, ${noted} with a diagnostic`)
      expect(problems).toEqual([])
    })
  }

  it('are valid unless they are refused, without exception', () => {
    const { requests, valid, refused } = total
    console.log(`all pairs: ${requests} requests, ${valid} valid, ${refused} refused with the field's name`)
    expect(valid + refused).toBe(requests)
  })
})

function attempt(client: Side, provider: Side, body: JsonObject): Sent | undefined {
  try {
    return sent(client, provider, body)
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'LR_UNSUPPORTED') return undefined
    throw error
  }
}

/**
 * What the native source has and the native target has not. A text may have been joined with others or written inside a
 * result; what is missing must have a diagnostic.
 */
function losses(client: Side, provider: Side, body: JsonObject, { body: written, diagnostics }: Sent): string[] {
  const before = censusOf(client.codec.dialect, body)
  const after = censusOf(provider.codec.dialect, written)
  const text = JSON.stringify([...after.texts, ...after.instructions, ...after.results])
  const holds = (said: string) => text.includes(JSON.stringify(said).slice(1, -1)) || isSame(said, after)
  const lost: string[] = []
  const missing = (kind: keyof Census, values: readonly string[]) => {
    for (const value of values) lost.push(`${kind} ${value.slice(0, 120)}`)
  }
  missing(
    'texts',
    before.texts.filter(said => !holds(said)),
  )
  missing(
    'instructions',
    before.instructions.filter(said => !holds(said)),
  )
  missing(
    'results',
    before.results.filter(said => !holds(said)),
  )
  missing(
    'media',
    before.media.filter(
      data => !after.media.some(each => isSameData(each, data)) && !holds(Buffer.from(data, 'base64').toString()),
    ),
  )
  if (after.tools.length < before.tools.length)
    missing(
      'tools',
      before.tools.filter(name => !after.tools.includes(name)),
    )
  const inputs = after.calls.map(({ input }) => canonical(input))
  for (const { name, input } of before.calls) {
    const found = inputs.indexOf(canonical(input))
    if (found < 0) lost.push(`calls ${name} ${input.slice(0, 120)}`)
    else inputs.splice(found, 1)
  }
  const told = diagnostics.filter(({ path }) => ABOUT_CONTENT.test(path))
  return lost.length > told.length ? lost : []
}

/** Paths of what the census counts, in any dialect. */
const ABOUT_CONTENT = /^(messages|input|contents|tools|system|instructions|systemInstruction)/

/** The same JSON in other words: results are objects in Gemini and texts elsewhere. */
function isSame(said: string, { results }: Census): boolean {
  const wanted = canonical(said)
  return results.some(result => canonical(result) === wanted)
}

/** Base64 in either alphabet. */
function isSameData(a: string, b: string): boolean {
  const plain = (text: string) => text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  return plain(a) === plain(b)
}

function canonical(text: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(text)))
  } catch {
    return text
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

function changes(provider: Side, { body, fitted }: Sent): string[] {
  const again = provider.codec.readRequest({ body, model: 'm' })
  const [before, after] = [shared(fitted), shared(again)]
  return Object.keys(before).flatMap(key => {
    const [a, b] = [JSON.stringify(before[key]), JSON.stringify(after[key])]
    return a === b ? [] : [`${key} ${a?.slice(0, 250)} became ${b?.slice(0, 250)}`]
  })
}
