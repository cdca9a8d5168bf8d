import type { Diagnostics, JsonObject, NeutralRequest, RequestContext } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { responsesCodec } from '../../plugins/openai/codec/responses/index.ts'

const foreign: NeutralRequest = { dialect: 'anthropic-messages', model: 'model', messages: [] }

describe('a foreign request written as Responses', () => {
  it('keeps nothing at the provider unless the client asked for it', () => {
    expect(write(foreign).body.store).toBe(false)
    expect(write({ ...foreign, state: { isStored: true } }).body.store).toBe(true)
  })

  it('says that functions are not strict, which Responses would take for granted', () => {
    const { body } = write({ ...foreign, tools: [{ type: 'function', name: 'f' }] })
    expect(body.tools).toEqual([
      { type: 'function', name: 'f', strict: false, parameters: { type: 'object', properties: {} } },
    ])
  })

  it('has instructions for one plain system text, and a message for a marked one', () => {
    const text = { type: 'text', text: 'be brief' } as const
    const plain = write({ ...foreign, messages: [{ role: 'system', placement: 'top', content: [text] }] })
    expect(plain.body).toMatchObject({ instructions: 'be brief', input: [] })
    const content = [{ ...text, cacheMark: {} }]
    const marked = write({ ...foreign, messages: [{ role: 'system', placement: 'top', content }] })
    const part = { type: 'input_text', text: 'be brief', prompt_cache_breakpoint: { mode: 'explicit' } }
    expect(marked.body.input).toEqual([{ type: 'message', role: 'system', content: [part] }])
  })

  it('says the result of a call in the item of its kind, pictures and failures included', () => {
    const image = { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'aa==' } } as const
    const call = { type: 'toolCall', callId: 'c', name: 'f', inputType: 'text', input: 'x' } as const
    const { body } = write({
      ...foreign,
      messages: [
        { role: 'assistant', content: [call] },
        { role: 'tool', content: [{ type: 'toolResult', callId: 'c', content: [image], isError: true }] },
      ],
    })
    expect(body.input).toMatchObject([
      { type: 'custom_tool_call', call_id: 'c', input: 'x' },
      {
        type: 'custom_tool_call_output',
        output: [
          { type: 'input_text', text: 'Error:' },
          { type: 'input_image', image_url: 'data:image/png;base64,aa==' },
        ],
      },
    ])
  })

  it('drops reasoning that the provider cannot read, and says so', () => {
    const content = [
      { type: 'reasoning', parts: [{ kind: 'text', text: 'hm' }], at: 'messages[0].content[0]' },
    ] as const
    const { body, dropped } = write({ ...foreign, messages: [{ role: 'assistant', content }] })
    expect(body.input).toEqual([])
    expect(dropped).toEqual(['messages[0].content[0]'])
  })

  it('refuses to go on from a state that another provider holds', () => {
    expect(() => write({ ...foreign, state: { thread: { type: 'continue' } } })).toThrow('state.thread')
  })

  it('leaves out of a count what a count does not take', () => {
    const request = { ...foreign, maxOutputTokens: 100, stream: { isStream: true } }
    expect(Object.keys(write(request, 'count-tokens').body).sort()).toEqual(['input', 'model'])
  })
})

describe('reasoning state of another issuer', () => {
  it('comes back from a client of Responses as what it was', () => {
    const state = { kind: 'signature', data: 'a:b', issuer: 'anthropic-messages' } as const
    const context = { ...contextOf([]), request: foreign, model: 'model', now: () => 0, id: (prefix: string) => prefix }
    const content = [{ type: 'reasoning', parts: [{ kind: 'text', text: 'hm' }], state }] as const
    const answer = responsesCodec.writeResponse(
      { dialect: 'anthropic-messages', choices: [{ index: 0, content }] },
      context,
    )
    const { messages } = responsesCodec.readRequest({ body: { input: answer.output } })
    expect(messages[0]?.content[0]).toMatchObject({ parts: [{ kind: 'text', text: 'hm' }], state })
  })
})

describe('a count of tokens', () => {
  it('is read and written', () => {
    const body = responsesCodec.writeTokenCount!(7)
    expect(body).toEqual({ object: 'response.input_tokens', input_tokens: 7 })
    expect(responsesCodec.readTokenCount!(body)).toBe(7)
    expect(responsesCodec.readTokenCount!({})).toBe(undefined)
  })
})

function write(request: NeutralRequest, operation: RequestContext['operation'] = 'generate') {
  const dropped: string[] = []
  const { body } = responsesCodec.writeRequest(request, { ...contextOf(dropped), operation })
  return { body: JSON.parse(JSON.stringify(body)) as JsonObject, dropped }
}

function contextOf(dropped: string[]): RequestContext {
  const diagnostics: Diagnostics = {
    isStrict: false,
    dropped: path => void dropped.push(path),
    changed() {},
    refused(path) {
      throw new Error(path)
    },
  }
  return { profile: {}, diagnostics }
}
