import anthropic from 'lunaroute/plugins/anthropic'
import gemini from 'lunaroute/plugins/gemini'
import modelMap from 'lunaroute/plugins/model-map'
import openai from 'lunaroute/plugins/openai'
import translate from 'lunaroute/plugins/translate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { type ScriptedProvider, scriptedProvider } from '../support/scripted-provider.ts'
import { until } from '../support/until.ts'
import { chatClient } from './sdk/chat.ts'
import type { Client } from './sdk/client.ts'
import { EFFORTS, OVERFLOWS, PICTURES, STRUCTURES } from './sdk/expected.ts'
import { geminiClient } from './sdk/gemini.ts'
import { messagesClient } from './sdk/messages.ts'
import { responsesClient } from './sdk/responses.ts'
import { type Said, SPEECH } from './sdk/speech.ts'

// Official SDKs of each dialect against a provider of each other one: requirement 4 of translation.

const CLIENTS = {
  'openai-chat': chatClient,
  'openai-responses': responsesClient,
  'anthropic-messages': messagesClient,
  gemini: geminiClient,
} as const satisfies Readonly<Record<string, (url: string) => Client>>
/** Real names, of which the gateway knows how to make the model reason. */
const MODELS = {
  'openai-chat': 'gpt-5.1',
  'openai-responses': 'gpt-5.2',
  'anthropic-messages': 'claude-sonnet-4-6',
  gemini: 'gemini-3-flash',
} as const
type Name = keyof typeof MODELS
const DIALECTS = Object.keys(MODELS) as Name[]
const PAIRS = DIALECTS.flatMap(client =>
  DIALECTS.filter(each => each !== client).map(target => [client, target] as const),
)

const providers = new Map<Name, ScriptedProvider>()
let gateway: RunningGateway

beforeAll(async () => {
  for (const dialect of DIALECTS) providers.set(dialect, await scriptedProvider())
  const each = <T>(entries: (dialect: Name) => Readonly<Record<string, T>>) =>
    Object.fromEntries(DIALECTS.flatMap(dialect => Object.entries(entries(dialect))))
  gateway = await startGateway({
    plugins: [
      openai(),
      anthropic(),
      gemini(),
      modelMap(),
      translate({ profiles: { 'forced-*': { structuredOutput: 'tool' } } }),
    ],
    providers: each(dialect => {
      const provider = { dialect, base_url: providers.get(dialect)!.url, api_key: 'key' }
      return { [`at-${dialect}`]: provider, [`also-${dialect}`]: provider }
    }),
    models: each<{ provider: string; model?: string }>(dialect => ({
      [MODELS[dialect]]: { provider: `at-${dialect}` },
      [`forced-${dialect}`]: { provider: `at-${dialect}` },
      [`other-${dialect}`]: { provider: `also-${dialect}`, model: MODELS[dialect] },
    })),
  })
})

afterAll(async () => {
  await gateway.close()
  for (const provider of providers.values()) await provider.close()
})

const HELLO = { text: 'Hello.' }
const STATE = 'c2VjcmV0LXN0YXRl'
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const calls = (from: number): readonly Said[] => [
  { call: from, name: 'weather', input: { city: 'Rome' } },
  { call: from + 1, name: 'time', input: {} },
]

for (const [clientDialect, dialect] of PAIRS) {
  describe(`a client of ${clientDialect} and a provider of ${dialect}`, () => {
    const model = MODELS[dialect]
    const speech = SPEECH[dialect]
    const client = (): Client => CLIENTS[clientDialect](gateway.url)
    const provider = () => providers.get(dialect)!
    const sent = (back = 1) => provider().received.at(-back)!.body
    const script = (isStream: boolean, ...answers: readonly (readonly Said[])[]) =>
      provider().script(
        ...answers.map(said => {
          const { json, events } = speech.say(...said)
          return isStream ? { events } : { json }
        }),
      )
    const fail = (status: number, message: string, isOverflow = false) =>
      provider().script({ status, json: speech.error(status, message, isOverflow), headers: { 'retry-after': '7' } })

    it('exchange a text', async () => {
      script(false, [HELLO])
      expect(await client().text(model)).toBe('Hello.')
    })

    it('exchange a stream', async () => {
      script(true, [HELLO])
      expect(await client().stream(model)).toBe('Hello.')
    })

    it.each([
      ['whole', false],
      ['streamed', true],
    ])('call two tools at once in each of three turns, %s', async (_, isStream) => {
      script(isStream, calls(1), calls(3), [HELLO])
      const heard = await client().tools(model, isStream)
      const both = [
        { name: 'weather', input: { city: 'Rome' } },
        { name: 'time', input: {} },
      ]
      expect(heard).toEqual({ calls: [...both, ...both], text: 'Hello.' })
      for (const word of ['sunny', 'noon', 'Rome']) {
        expect(JSON.stringify(sent(2)).split(word)).toHaveLength(2)
        expect(JSON.stringify(sent()).split(word)).toHaveLength(3)
      }
    })

    it('show a picture in the form of the provider', async () => {
      script(false, [HELLO])
      expect(await client().image(model, PICTURE)).toBe('Hello.')
      expect(JSON.stringify(sent())).toContain(JSON.stringify(PICTURES[dialect](PICTURE)).slice(1, -1))
    })

    it.each([
      ['whole', false],
      ['streamed', true],
    ])('have structured output by the own means of the model, %s', async (_, isStream) => {
      script(isStream, [{ text: '{"city":"Rome"}' }])
      expect(await client().structured(model, isStream)).toBe('{"city":"Rome"}')
      expect(STRUCTURES[dialect](sent())).toMatchObject({ properties: { city: { type: 'string' } } })
    })

    it.each([
      ['whole', false],
      ['streamed', true],
    ])('have structured output by a forced tool, %s', async (_, isStream) => {
      script(isStream, [{ call: 1, name: 'give_answer', input: { city: 'Rome' } }])
      expect(JSON.parse(await client().structured(`forced-${dialect}`, isStream))).toEqual({ city: 'Rome' })
      expect(STRUCTURES[dialect](sent())).toBeUndefined()
      expect(JSON.stringify(sent().tool_choice ?? sent().toolConfig)).toContain('give_answer')
    })

    it.each([
      ['whole', false],
      ['streamed', true],
    ])('reason, and hold the state for who made it alone, %s', async (_, isStream) => {
      const [call] = calls(1)
      script(isStream, [{ thought: 'Let me see.', state: STATE }, call!], [HELLO], [HELLO])
      const { shown, text } = await client().reasoning(model, `other-${dialect}`, isStream)
      expect(shown).toContain('Let me see.')
      expect(text).toBe('Hello.')
      expect(EFFORTS[dialect](sent(3))).toBe('high')
      expect(JSON.stringify(sent(2))).toContain(`"${STATE}"`)
      expect(JSON.stringify(sent())).not.toContain(STATE)
      expect(JSON.stringify(sent())).not.toContain('bHVuYXJvdXRl')
    })

    it('part in the middle of a stream, and the provider knows at once', async () => {
      const { events } = speech.say(HELLO)
      provider().script({ events: events.slice(0, -1), isHeld: true })
      const before = provider().aborted
      await client().abort(model)
      await until(() => provider().aborted > before, 'the provider sees that the client has gone', 100)
    })

    it.each([400, 401, 429, 500])('an error keeps its status, %i', async status => {
      fail(status, 'so it is')
      const failure = await client().error(model)
      expect(failure.status).toBe(status)
      expect(failure.message).toContain('so it is')
      // Google's SDK shows no headers.
      if (status === 429 && clientDialect !== 'gemini') expect(failure.retryAfter).toBe('7')
    })

    it('a conversation that is too long is told in the words that clients look for', async () => {
      fail(400, OVERFLOWS[dialect], true)
      const { status, message, code } = await client().error(model)
      expect(status).toBe(400)
      if (clientDialect.startsWith('openai')) expect(code).toBe('context_length_exceeded')
      else expect(message).toContain(OVERFLOWS[clientDialect])
    })

    it('a stream that is cut ends in an error', async () => {
      provider().script({ events: speech.say(HELLO).events.slice(0, dialect === 'gemini' ? 1 : -2), isCut: true })
      expect(await client().cut(model)).toContain('broke off')
    })
  })
}

it('all 12 pairs were tried in 18 ways: 216 exchanges of an official SDK with a provider of another dialect', () => {
  expect(PAIRS).toHaveLength(12)
})
