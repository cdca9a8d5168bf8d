import { GatewayError } from 'lunaroute'
import type { JsonObject } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { captures, hasCorpus, type Recording, recordings } from '../corpus.ts'
import { unlike } from './back.ts'
import { invalidity, PAIRS, type Side } from './dialects.ts'
import { account } from './losses.ts'
import { namedNormalisations, usedNormalisations } from './normalisations.ts'
import { type Sent, sent } from './request-path.ts'
import { aboutNothing, isThere } from './told.ts'

/** Where real clients sent the requests that were captured. */
const PATHS: Readonly<Record<string, RegExp>> = {
  'openai-chat': /^\/v1\/chat\/completions$/,
  'openai-responses': /^\/v1\/responses$/,
  'anthropic-messages': /^\/v1\/messages$/,
  gemini: /^\/v1beta\/models\/[^/]+:(generateContent|streamGenerateContent)$/,
}
const total = { requests: 0, valid: 0, refused: 0, items: 0, told: 0 }

if (!hasCorpus) console.warn('cross translation of requests skipped: there is no ../shared beside the repository')

describe.skipIf(!hasCorpus)('recorded requests, as a provider of another dialect gets them', () => {
  for (const { from: client, to: provider } of PAIRS) {
    const pair = `${client.codec.dialect} -> ${provider.codec.dialect}`

    it(`${pair}: valid, complete, and the same when read back`, () => {
      const all = requestsOf(client).flatMap(({ id, body }) =>
        provider.models.map(model => ({ id: `${id} for ${model}`, body, model })),
      )
      const counts = { requests: all.length, valid: 0, refused: 0, items: 0, told: 0 }
      const problems = all.flatMap(({ id, body, model }) => {
        const written = attempt(client, provider, model, body)
        if (typeof written === 'string') {
          counts.refused++
          return isThere(body, written) ? [] : [`${id}: refused for ${written}, which is not there`]
        }
        const invalid = invalidity(provider, 'request', written.body)
        if (invalid === undefined) counts.valid++
        const { items, told, lost, untrue } = account(client, provider, body, written)
        counts.items += items
        counts.told += told
        const found = [...(invalid === undefined ? [] : [invalid]), ...lost, ...untrue]
        const empty = aboutNothing(body, written.diagnostics)
        return [...found, ...empty, ...unlike(client, provider, written)].map(problem => `${id}: ${problem}`)
      })
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += counts[key]
      console.log(`${pair}: ${summary(counts)}`)
      expect(problems).toEqual([])
    })
  }

  it('need each of the named normalisations', () => {
    console.log(`${usedNormalisations().length} normalisations`)
    expect(usedNormalisations()).toEqual(namedNormalisations())
  })

  it('are valid unless they are refused, without exception', () => {
    console.log(`all pairs: ${summary(total)}`)
    expect(total.valid + total.refused).toBe(total.requests)
  })
})

/** All of them: also those that their provider rejected. */
function requestsOf({ codec: { dialect } }: Side): readonly Recording[] {
  return [...recordings(dialect, 'request.json'), ...captures(PATHS[dialect]!)]
}

/** What the provider gets, or the field that the request was refused for. */
function attempt(client: Side, provider: Side, model: string, body: JsonObject): Sent | string {
  try {
    return sent(client, provider, model, body)
  } catch (error) {
    const isNamed = error instanceof GatewayError && error.status === 400 && error.code === 'LR_UNSUPPORTED'
    if (isNamed && error.param !== undefined) return error.param
    throw error
  }
}

function summary({ requests, valid, refused, items, told }: typeof total): string {
  return `${requests} requests, ${valid} valid, ${refused} refused with the field's name; ${items} items, ${told} of them told of as lost or changed`
}
