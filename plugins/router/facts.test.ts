import { describe, expect, it } from 'vitest'
import { routed, to } from '../../test/support/routed.ts'

describe('a rule', () => {
  it('knows that a credential is there, though not which', async () => {
    const rules = [
      { id: 'own', match: { headers: { authorization: true } }, ...to('openai') },
      { id: 'none', match: { headers: { Authorization: false } }, ...to('openai') },
    ]
    const { chat } = await routed({ rules })
    expect((await chat({ model: 'm' }, { authorization: 'Bearer sk-mine' })).route).toBe('own')
    expect((await chat({ model: 'm' })).route).toBe('none')
  })

  const picture = { mimeType: 'image/png', data: 'AAAA' }
  const claudes = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }
  const counted = (more: object) => ({ generateContentRequest: { model: 'models/m', ...more } })
  it.each<[string, string, object, boolean]>([
    ['Gemini', 'generateContent', { contents: { parts: { inlineData: { ...picture, mimeType: 'IMAGE/PNG' } } } }, true],
    [
      'Gemini, in what a tool said',
      'generateContent',
      {
        contents: [{ parts: [{ functionResponse: { name: 'f', response: {}, parts: [{ inlineData: picture }] } }] }],
      },
      true,
    ],
    ['Gemini, in what is counted', 'countTokens', counted({ contents: [{ parts: [{ inlineData: picture }] }] }), true],
    [
      'Gemini, where it is no image',
      'generateContent',
      {
        contents: [{ parts: [{ inlineData: { ...picture, mimeType: 'application/pdf' } }] }],
      },
      false,
    ],
    [
      'Messages, in a document',
      '/v1/messages',
      {
        messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'content', content: [claudes] } }] }],
      },
      true,
    ],
    [
      'Messages, in what a tool said',
      '/v1/messages',
      {
        messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [claudes] }] }],
      },
      true,
    ],
    [
      'Messages, where a tool is told of one',
      '/v1/messages',
      {
        messages: [
          { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: { content: [claudes] } }] },
        ],
      },
      false,
    ],
    [
      'Responses, as a picture of a screen',
      '/v1/responses',
      {
        input: [
          { type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot', image_url: 'x' } },
        ],
      },
      true,
    ],
    [
      'Responses, in what a tool said',
      '/v1/responses',
      {
        input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: 'x' }] }],
      },
      true,
    ],
  ])('knows an image in %s', async (_, path, given, isThere) => {
    const { g } = await routed({ rules: [{ id: 'r', match: { has_images: true }, ...to('openai') }] })
    const target = path.startsWith('/') ? path : `/v1beta/models/m:${path}`
    const response = await g.post(target, { ...(path.startsWith('/') && { model: 'm', max_tokens: 1 }), ...given })
    expect(response.headers.get('x-route') === 'r').toBe(isThere)
  })

  const declared = { functionDeclarations: [{ name: 'f' }] }
  it.each<[string, string, object]>([
    ['a single object', 'generateContent', { contents: [], tools: declared }],
    ['a list', 'generateContent', { contents: [], tools: [declared] }],
    ['part of what is counted', 'countTokens', counted({ contents: [], tools: [declared] })],
  ])("knows Gemini's tools that are %s", async (_, method, given) => {
    const { g } = await routed({ rules: [{ id: 'r', match: { has_tools: true }, ...to('openai') }] })
    expect((await g.post(`/v1beta/models/m:${method}`, given)).headers.get('x-route')).toBe('r')
  })
})
