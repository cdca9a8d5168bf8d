import type { NeutralEvent } from 'lunaroute/neutral'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import translatePreset from '../../presets/translate.ts'
import { type RunningGateway, startGateway } from '../../test/support/gateway.ts'
import { type ScriptedProvider, scriptedProvider } from '../../test/support/scripted-provider.ts'
import { until } from '../../test/support/until.ts'
import { SPEECH } from '../../test/translation/sdk/speech.ts'
import { Cutter } from './cutter.ts'

const at = { choice: 0, index: 0 } as const

/** What is left of a text that comes in these pieces, and the events that end it. */
function cut(stops: readonly string[], ...pieces: readonly string[]) {
  const cutter = new Cutter(stops, 10)
  const events: readonly NeutralEvent[] = [
    { type: 'blockStart', ...at, block: { type: 'text', text: '' } },
    ...pieces.map(text => ({ type: 'textDelta', ...at, text }) as const),
    { type: 'blockStop', ...at },
    { type: 'finish', choice: 0, stop: { reason: 'stop' } },
    { type: 'end' },
  ]
  const out = events.flatMap(event => cutter.push(event))
  return { text: out.map(event => (event.type === 'textDelta' ? event.text : '')).join(''), out }
}

describe('a stop sequence that the model was not told of', () => {
  it.each([
    ['in one piece', ['one STOP two'], 'one '],
    ['cut by the pieces', ['one S', 'T', 'OP two'], 'one '],
    ['at the very beginning', ['STOP'], ''],
    ['after something that looked like it', ['one STO', 'STOP'], 'one STO'],
  ])('ends the stream, %s', (_, pieces, expected) => {
    const { text, out } = cut(['STOP', 'END'], ...pieces)
    expect(text).toBe(expected)
    expect(out.slice(-4).map(({ type }) => type)).toEqual(['blockStop', 'finish', 'usage', 'end'])
    expect(out.at(-3)).toMatchObject({ stop: { reason: 'stopSequence', sequence: 'STOP' } })
  })

  it('that never comes changes nothing', () => {
    const { text, out } = cut(['STOP'], 'one ST', 'AR and STO')
    expect(text).toBe('one STAR and STO')
    expect(out.at(-2)).toMatchObject({ stop: { reason: 'stop' } })
  })

  it('holds back no more than may be its beginning', () => {
    const cutter = new Cutter(['STOP'], undefined)
    cutter.push({ type: 'blockStart', ...at, block: { type: 'text', text: '' } })
    expect(cutter.push({ type: 'textDelta', ...at, text: 'one S' })).toEqual([
      { type: 'textDelta', ...at, text: 'one ' },
    ])
  })
})

describe('at a provider of Responses', () => {
  let provider: ScriptedProvider
  let gateway: RunningGateway
  const ask = { model: 'm', max_tokens: 100, stop_sequences: ['STOP'], messages: [{ role: 'user', content: 'Hi' }] }
  const spoken = SPEECH['openai-responses'].say({ text: 'One STOP two.' })

  beforeAll(async () => {
    provider = await scriptedProvider()
    gateway = await startGateway({
      extends: [translatePreset],
      providers: {
        p: { dialect: 'openai-responses', base_url: provider.url, api_key: 'key' },
        g: { dialect: 'gemini', base_url: provider.url, api_key: 'key' },
      },
      models: { m: { provider: 'p' }, 'gemini-*': { provider: 'g' } },
    })
  })

  afterAll(async () => {
    await gateway.close()
    await provider.close()
  })

  const post = (body: object) => {
    const headers = { 'content-type': 'application/json', 'x-api-key': 'k' }
    return fetch(`${gateway.url}/v1/messages`, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  it('a whole answer is cut', async () => {
    provider.script({ json: spoken.json })
    const reply = await post(ask)
    expect(await reply.json()).toMatchObject({
      content: [{ type: 'text', text: 'One ' }],
      stop_reason: 'stop_sequence',
      stop_sequence: 'STOP',
    })
    expect(JSON.stringify(provider.received.at(-1)!.body)).not.toContain('STOP')
  })

  it('a stream is cut, and the provider is let go', async () => {
    provider.script({ events: spoken.events.slice(0, -3), isHeld: true })
    const before = provider.aborted
    const text = await (await post({ ...ask, stream: true })).text()
    expect(text).toContain('"stop_reason":"stop_sequence"')
    expect(text).toContain('message_stop')
    expect(text).not.toContain('two')
    await until(() => provider.aborted > before, 'the provider is let go', 500)
  })

  it.each([
    ['gemini-2.0-flash', false],
    ['gemini-3-flash', true],
    ['m', true],
  ])('a picture by its URL reaches %s: %s, and is named where it does not', async (model, isThere) => {
    provider.script({ json: SPEECH[model === 'm' ? 'openai-responses' : 'gemini'].say({ text: 'A cat.' }).json })
    const source = { type: 'url', url: 'https://example.com/cat.png' }
    const reply = await post({
      model,
      max_tokens: 100,
      messages: [{ role: 'user', content: [{ type: 'image', source }] }],
    })
    expect(reply.status).toBe(200)
    expect(JSON.stringify(provider.received.at(-1)!.body).includes('example.com/cat.png')).toBe(isThere)
    expect(reply.headers.get('x-lunaroute-dropped')).toBe(isThere ? null : 'messages[0].content[0]')
  })
})
