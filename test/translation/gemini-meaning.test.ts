import type { Diagnostics, JsonObject, NeutralEvent, NeutralRequest } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { geminiCodec as codec } from '../../plugins/gemini/codec/index.ts'
import { hasCorpus, recordings, strictContext } from './corpus.ts'
import { meaning } from './gemini-events.ts'
import { decode, encode, recordedStreams } from './gemini-streams.ts'
import { checkGeminiStream } from './grammar/gemini.ts'

const context = strictContext({ dialect: 'none', messages: [] })

describe('a request', () => {
  it('is understood in either spelling, and a single object for a list', () => {
    const part = { function_response: { name: 'f', response: { output: 'sunny' } } }
    const read = codec.readRequest({
      body: {
        system_instruction: { parts: { text: 'be brief' } },
        contents: [
          { role: 'user', parts: [{ inline_data: { mime_type: 'image/png', data: '_-8' } }] },
          { role: 'model', parts: [{ function_call: { name: 'f', args: { a: 1 } }, thought_signature: 'c2ln' }] },
          { role: 'user', parts: [part, { text: 'and?' }] },
        ],
        tools: { function_declarations: [{ name: 'f', parameters: { type: 'OBJECT' } }] },
        generation_config: { top_k: 5, thinking_config: { thinking_budget: 0 } },
      },
      model: 'gemini-2.5-flash',
    })
    expect(read).toMatchObject({
      model: 'gemini-2.5-flash',
      messages: [
        { role: 'system', placement: 'top', content: [{ type: 'text', text: 'be brief' }] },
        { role: 'user', content: [{ type: 'image', source: { mediaType: 'image/png', data: '/+8=' } }] },
        {
          role: 'assistant',
          content: [{ type: 'toolCall', callId: 'call_0', input: '{"a":1}', state: { data: 'c2ln' } }],
        },
        { role: 'tool', content: [{ type: 'toolResult', callId: 'call_0', content: [{ text: 'sunny' }] }] },
        { role: 'user', content: [{ text: 'and?' }] },
      ],
      tools: [{ type: 'function', name: 'f', parameters: { type: 'object' } }],
      sampling: { topK: 5 },
      reasoning: { mode: 'off' },
    })
  })

  it('of another dialect has its results named, joined and followed by their pictures', () => {
    const request: NeutralRequest = {
      dialect: 'openai-chat',
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'be brief' }] },
        { role: 'assistant', content: [{ type: 'toolCall', callId: 'a', name: 'f', inputType: 'json', input: '' }] },
        {
          role: 'tool',
          content: [
            {
              type: 'toolResult',
              callId: 'a',
              isError: true,
              content: [
                { type: 'text', text: 'no' },
                { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' } },
              ],
            },
          ],
        },
        { role: 'user', content: [{ type: 'text', text: 'so?' }] },
      ],
    }
    expect(json(codec.writeRequest(request, context).body)).toEqual({
      systemInstruction: { parts: [{ text: 'be brief' }] },
      contents: [
        { role: 'model', parts: [{ functionCall: { name: 'f', args: {}, id: 'a' } }] },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'f', response: { error: 'no' }, id: 'a' } },
            { text: 'Part of the result of f (a):' },
            { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
            { text: 'so?' },
          ],
        },
      ],
    })
  })

  it('to count tokens holds the request that is counted, in both directions', () => {
    const body = { generateContentRequest: { model: 'models/m', contents: [{ parts: [{ text: 'hi' }] }] } }
    const read = codec.readRequest({ body, model: 'm', operation: 'count-tokens' })
    expect(read).toMatchObject({ model: 'm', messages: [{ role: 'user', content: [{ text: 'hi' }] }] })
    expect(json(codec.writeRequest(read, context).body)).toEqual(body)
    const foreign: NeutralRequest = {
      dialect: 'x',
      model: 'm',
      messages: read.messages,
      tools: [{ type: 'function', name: 'f' }],
    }
    expect(json(codec.writeRequest(foreign, { ...context, operation: 'count-tokens' }).body)).toMatchObject({
      generateContentRequest: { model: 'models/m', tools: [{ functionDeclarations: [{ name: 'f' }] }] },
    })
  })

  it.each([
    [{ mode: 'off' }, { thinkingBudget: 0 }],
    [
      { mode: 'budget', budgetTokens: 2048 },
      { thinkingBudget: 2048, includeThoughts: true },
    ],
    [
      { mode: 'adaptive', effort: 'low' },
      { thinkingLevel: 'LOW', includeThoughts: true },
    ],
    [{ effort: 'none' }, { thinkingBudget: 0 }],
    [{ effort: 'high' }, { thinkingLevel: 'HIGH' }],
  ] as const)('thinks as %o with %o', (reasoning, thinkingConfig) => {
    const { body } = codec.writeRequest({ dialect: 'x', messages: [], reasoning }, context)
    expect(json(body)).toMatchObject({ generationConfig: { thinkingConfig } })
  })

  it.skipIf(!hasCorpus)('keeps no second copy of a text in a bag', () => {
    for (const { id, body } of recordings('gemini', 'request.json')) {
      const read = codec.readRequest({ body })
      const bags: unknown[] = []
      JSON.stringify(read.messages, (key, value: unknown) => {
        if (key === 'extra') bags.push(value)
        return value
      })
      const texts = read.messages.flatMap(({ content }) =>
        content.flatMap(block => (block.type === 'text' ? block.text : [])),
      )
      const all = JSON.stringify(bags)
      expect(
        texts.filter(text => text.length > 20 && all.includes(JSON.stringify(text).slice(1, -1))),
        id,
      ).toEqual([])
    }
  })
})

describe('an answer', () => {
  it('that holds calls stopped for them, has thoughts in its output, and cites in UTF-16', () => {
    const read = codec.readResponse({
      candidates: [
        {
          content: { role: 'model', parts: [{ text: 'Überall 😀 Wein.' }, { functionCall: { name: 'f' } }] },
          finishReason: 'STOP',
          groundingMetadata: {
            groundingChunks: [{ web: { uri: 'https://example.org', title: 'Wein' } }],
            groundingSupports: [
              { segment: { startIndex: 14, endIndex: 18, text: 'Wein' }, groundingChunkIndices: [0] },
            ],
          },
        },
      ],
      usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 3, thoughtsTokenCount: 5 },
      responseId: 'r.1',
    })
    expect(read).toMatchObject({
      choices: [
        {
          stop: { reason: 'toolCalls', native: 'STOP' },
          content: [
            { citations: [{ url: 'https://example.org', span: { start: 11, end: 15 } }] },
            { callId: 'call_r_1_0' },
          ],
        },
      ],
      usage: { inputTokens: 7, outputTokens: 8, reasoningTokens: 5 },
    })
  })

  it('to a blocked prompt is an empty one, filtered', () => {
    expect(codec.readResponse({ promptFeedback: { blockReason: 'SAFETY' } }).choices).toMatchObject([
      { content: [], stop: { reason: 'filter', native: 'SAFETY' } },
    ])
    expect(decode(['{"promptFeedback":{"blockReason":"SAFETY"}}'])).toMatchObject([
      { type: 'start' },
      { type: 'finish', stop: { reason: 'filter' } },
      { type: 'end' },
    ])
  })

  it('streams the arguments of a call value by value on Vertex', () => {
    const call = (functionCall: JsonObject, more = {}) =>
      JSON.stringify({ candidates: [{ content: { parts: [{ functionCall }] }, ...more }] })
    const events = decode([
      call({ name: 'cook', willContinue: true }),
      call({ partialArgs: [{ jsonPath: '$.steps[0].do', stringValue: 'bo', willContinue: true }], willContinue: true }),
      call({ partialArgs: [{ jsonPath: '$.steps[0].do', stringValue: 'il' }], willContinue: true }),
      call({ partialArgs: [{ jsonPath: "$.steps[0]['for']", numberValue: 5 }] }),
      call({}, { finishReason: 'STOP' }),
    ])
    expect(meaning(events).choices).toEqual({ 0: [['call cook call_0', '{"steps":[{"do":"boil","for":5}]}', '']] })
    expect(events.at(-2)).toMatchObject({ type: 'finish', stop: { reason: 'toolCalls' } })
  })
})

describe('an error', () => {
  const head = (status: number) => ({ status, get: () => undefined })

  it.each([
    [400, { message: 'The input token count (9) exceeds the maximum number of tokens allowed (5).' }, 'contextLength'],
    [400, { status: 'INVALID_ARGUMENT', details: [info('API_KEY_INVALID')] }, 'authentication'],
    [429, { status: 'RESOURCE_EXHAUSTED' }, 'rateLimit'],
    [503, { status: 'UNAVAILABLE' }, 'overloaded'],
  ])('with status %i and %o is %s', (status, error, kind) => {
    expect(codec.readError({ error: { code: status, ...error } }, head(status))).toMatchObject({ kind, status })
  })

  it('tells when to come back', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }]
    expect(codec.readError([{ error: { code: 429, details } }], head(429)).retryAfter).toBe(1500)
    const written = codec.writeError({ kind: 'rateLimit', message: 'slow down', retryAfter: 1500 })
    expect(written).toMatchObject({ status: 429, body: { error: { status: 'RESOURCE_EXHAUSTED', details } } })
  })
})

it('counts and models are listed as Gemini does', () => {
  expect(codec.readTokenCount?.(codec.writeTokenCount!(7))).toBe(7)
  const listed = codec.writeModels?.([{ id: 'm', createdAt: 0, owner: 'o', profile: { contextTokens: 9 } }])
  expect(listed).toMatchObject({ models: [{ name: 'models/m', inputTokenLimit: 9 }] })
})

it.skipIf(!hasCorpus)('recorded streams say the same when they are written as if from another dialect', () => {
  let compared = 0
  for (const { id, data } of recordedStreams()) {
    const events = decode(data)
    const foreign = events.map(event => withoutNotes(event))
    const losses: string[] = []
    const diagnostics: Diagnostics = {
      ...context.diagnostics,
      isStrict: false,
      dropped: path => void losses.push(path),
    }
    const frames = encode(foreign, { ...context, diagnostics, model: 'm' })
    expect(checkGeminiStream(frames), id).toEqual([])
    // Tools that Google ran are no other dialect's to say.
    if (events.at(-1)?.type !== 'end' || losses.length > 0) continue
    compared++
    const again = meaning(decode(frames.map(({ data }) => JSON.stringify(data))))
    const before = meaning(events)
    expect(again.choices, id).toEqual(before.choices)
    expect(again.usage, id).toMatchObject(before.usage)
  }
  expect(compared).toBe(77)
})

function withoutNotes(event: NeutralEvent): NeutralEvent {
  const { extra, frame, ...rest } = event
  return rest.type === 'blockStart' ? { ...rest, block: { ...rest.block, extra: undefined } } : rest
}

function info(reason: string): JsonObject {
  return { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }
}

function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
