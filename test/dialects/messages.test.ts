import fc from 'fast-check'
import type { MessageEditor, PlainMessage } from 'lunaroute'
import { isObject, type JsonObject } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { hasCorpus, recordings } from '../translation/corpus.ts'
import { dialects } from './dialects.ts'

const editor = (name: string): MessageEditor => dialects.find(each => each.name === name)!.messages!
const NAMES = dialects.map(({ name }) => name)
const APIS = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini']
const upper = (text: string) => text.toUpperCase()
const cut = (text: string) => text.replace('[X]', '').trim()
const SYSTEM: PlainMessage = { role: 'system', content: 'S' }
const USER: PlainMessage = { role: 'user', content: 'U' }
const ASSISTANT: PlainMessage = { role: 'assistant', content: 'A' }

it('every dialect has an editor', () => {
  expect(NAMES).toEqual(APIS)
  for (const { name, messages } of dialects) expect(messages, name).toBeDefined()
})

describe('editing the last message of a user', () => {
  it.each<[what: string, dialect: string, body: JsonObject, edited: JsonObject]>([
    [
      'Chat: a text, with all that stands around it',
      'openai-chat',
      {
        x: 1,
        messages: [user('a'), { role: 'user', content: 'b', name: 'n', y: 2 }, { role: 'assistant', content: 'c' }],
      },
      {
        x: 1,
        messages: [user('a'), { role: 'user', content: 'B', name: 'n', y: 2 }, { role: 'assistant', content: 'c' }],
      },
    ],
    [
      'Chat: every part that is a text',
      'openai-chat',
      {
        messages: [
          user([{ type: 'text', text: 'a', z: 1 }, { type: 'image_url', image_url: { url: 'u' } }, part('text', 'b')]),
        ],
      },
      {
        messages: [
          user([{ type: 'text', text: 'A', z: 1 }, { type: 'image_url', image_url: { url: 'u' } }, part('text', 'B')]),
        ],
      },
    ],
    [
      'Chat: before the results of tools',
      'openai-chat',
      { messages: [user('a'), { role: 'assistant', tool_calls: [] }, { role: 'tool', content: 'r' }] },
      { messages: [user('A'), { role: 'assistant', tool_calls: [] }, { role: 'tool', content: 'r' }] },
    ],
    ['Responses: an input that is a text', 'openai-responses', { input: 'a' }, { input: 'A' }],
    [
      'Responses: a message without a type, and parts',
      'openai-responses',
      {
        input: [
          user([part('input_text', 'a'), { type: 'input_image' }]),
          { type: 'function_call_output', output: 'o' },
        ],
      },
      {
        input: [
          user([part('input_text', 'A'), { type: 'input_image' }]),
          { type: 'function_call_output', output: 'o' },
        ],
      },
    ],
    [
      'Messages: behind a message of nothing but results',
      'anthropic-messages',
      { messages: [user('a'), user([{ type: 'tool_result', content: 'r' }, { type: 'mcp_tool_result' }])] },
      { messages: [user('A'), user([{ type: 'tool_result', content: 'r' }, { type: 'mcp_tool_result' }])] },
    ],
    [
      'Messages: the text beside a result, and not the result',
      'anthropic-messages',
      { messages: [user('a'), user([{ type: 'tool_result', content: [part('text', 'r')] }, part('text', 'b')])] },
      { messages: [user('a'), user([{ type: 'tool_result', content: [part('text', 'r')] }, part('text', 'B')])] },
    ],
    [
      'Gemini: behind function responses, in a content without a role',
      'gemini',
      {
        contents: [
          { parts: [{ text: 'a' }] },
          { role: 'user', parts: [{ function_response: {} }] },
          { role: 'function' },
        ],
      },
      {
        contents: [
          { parts: [{ text: 'A' }] },
          { role: 'user', parts: [{ function_response: {} }] },
          { role: 'function' },
        ],
      },
    ],
    [
      'Gemini: objects in the place of lists',
      'gemini',
      { contents: { role: 'user', parts: { text: 'a' } } },
      { contents: [{ role: 'user', parts: [{ text: 'A' }] }] },
    ],
    [
      'Gemini: the request inside a count',
      'gemini',
      { generateContentRequest: { contents: [{ parts: [{ text: 'a' }] }], y: 1 }, z: 1 },
      { generateContentRequest: { contents: [{ parts: [{ text: 'A' }] }], y: 1 }, z: 1 },
    ],
  ])('%s', (_, dialect, body, edited) => {
    expect(editor(dialect).editLastUser(body, upper)).toEqual(edited)
  })

  it.each<[dialect: string, body: JsonObject, edited: JsonObject]>([
    [
      'openai-chat',
      { messages: [user('a'), { role: 'assistant', content: 'b' }, user([part('text', 'c')])] },
      { messages: [user('A'), { role: 'assistant', content: 'b' }, user([part('text', 'C')])] },
    ],
    [
      'openai-responses',
      { input: [user('a'), { role: 'assistant', content: 'b' }, user([part('input_text', 'c')])] },
      { input: [user('A'), { role: 'assistant', content: 'b' }, user([part('input_text', 'C')])] },
    ],
    ['openai-responses', { input: 'a' }, { input: 'A' }],
    [
      'anthropic-messages',
      { messages: [user('a'), user([{ type: 'tool_result', content: 'r' }]), user([part('text', 'c')])] },
      { messages: [user('A'), user([{ type: 'tool_result', content: 'r' }]), user([part('text', 'C')])] },
    ],
    [
      'gemini',
      {
        contents: [
          { parts: [{ text: 'a' }] },
          { role: 'model', parts: [{ text: 'b' }] },
          { role: 'user', parts: [{ text: 'c' }] },
        ],
      },
      {
        contents: [
          { parts: [{ text: 'A' }] },
          { role: 'model', parts: [{ text: 'b' }] },
          { role: 'user', parts: [{ text: 'C' }] },
        ],
      },
    ],
  ])('of %s are edited one and all where that is asked for', (dialect, body, edited) => {
    expect(editor(dialect).editUsers(body, upper)).toEqual(edited)
    expect(editor(dialect).editUsers(body, text => text)).toBe(body)
  })

  it.each<[dialect: string, body: JsonObject, edited: JsonObject]>([
    ['openai-chat', { messages: [user('a'), user('[X]')] }, { messages: [user('a')] }],
    [
      'openai-chat',
      { messages: [user([part('text', '[X]'), part('text', 'a')])] },
      { messages: [user([part('text', 'a')])] },
    ],
    ['openai-chat', { messages: [user('a'), user([part('text', '[X]')])] }, { messages: [user('a')] }],
    ['openai-responses', { input: '[X]' }, { input: [] }],
    ['openai-responses', { input: [user('a'), user([part('input_text', ' [X] ')])] }, { input: [user('a')] }],
    [
      'anthropic-messages',
      { messages: [user([{ type: 'tool_result' }, part('text', '[X]')])] },
      { messages: [user([{ type: 'tool_result' }])] },
    ],
    ['anthropic-messages', { messages: [user('a'), user([part('text', '[X]')])] }, { messages: [user('a')] }],
    [
      'gemini',
      { contents: [{ parts: [{ text: 'a' }] }, { parts: [{ text: '[X]' }] }] },
      { contents: [{ parts: [{ text: 'a' }] }] },
    ],
  ])('%s: an emptied piece goes, and a message that is left with nothing', (dialect, body, edited) => {
    expect(editor(dialect).editLastUser(body, cut)).toEqual(edited)
  })

  it.each(NAMES)('%s: what is not as the dialect says stays', dialect => {
    for (const odd of [
      undefined,
      null,
      7,
      'x',
      {},
      [null, 'x', 7, { role: 'user' }, { role: 'user', content: 7, parts: 7 }],
    ]) {
      const body = dialect === 'openai-responses' && odd === 'x' ? {} : { messages: odd, input: odd, contents: odd }
      expect(editor(dialect).editLastUser(body, text => text)).toBe(body)
      expect(() => editor(dialect).prepend(body, [SYSTEM, USER])).not.toThrow()
    }
  })
})

describe('putting messages before a conversation', () => {
  const added = [SYSTEM, USER, ASSISTANT]

  it.each<[what: string, dialect: string, body: JsonObject, result: JsonObject]>([
    [
      'Chat: the system before the system, the rest behind it',
      'openai-chat',
      { x: 1, messages: [{ role: 'system', content: 's' }, user('u')] },
      { x: 1, messages: [SYSTEM, { role: 'system', content: 's' }, USER, ASSISTANT, user('u')] },
    ],
    [
      'Chat: as the developer where the request has one',
      'openai-chat',
      { messages: [{ role: 'developer', content: 's' }, user('u')] },
      {
        messages: [
          { role: 'developer', content: 'S' },
          { role: 'developer', content: 's' },
          USER,
          ASSISTANT,
          user('u'),
        ],
      },
    ],
    [
      'Chat: without instructions',
      'openai-chat',
      { messages: [user('u')] },
      { messages: [SYSTEM, USER, ASSISTANT, user('u')] },
    ],
    [
      'Responses: instructions, and a text that becomes an item',
      'openai-responses',
      { instructions: 's', input: 'u' },
      { instructions: 'S\n\ns', input: [item(USER), item(ASSISTANT), item(user('u'))] },
    ],
    [
      'Responses: without instructions, before items',
      'openai-responses',
      { instructions: null, input: [{ type: 'reasoning' }] },
      { instructions: 'S', input: [item(USER), item(ASSISTANT), { type: 'reasoning' }] },
    ],
    [
      'Messages: a system that is a text',
      'anthropic-messages',
      { system: 's', messages: [user('u')] },
      { system: 'S\n\ns', messages: [USER, ASSISTANT, user('u')] },
    ],
    ['Messages: no system', 'anthropic-messages', { messages: [] }, { system: 'S', messages: [USER, ASSISTANT] }],
    [
      'Messages: blocks, behind the billing line and the name of Claude Code',
      'anthropic-messages',
      {
        system: [
          part('text', 'x-anthropic-billing-header: cc_version=2'),
          part('text', "You are a Claude agent, built on Anthropic's Claude Agent SDK."),
          { ...part('text', 's'), cache_control: {} },
        ],
        messages: [],
      },
      {
        system: [
          part('text', 'x-anthropic-billing-header: cc_version=2'),
          part('text', "You are a Claude agent, built on Anthropic's Claude Agent SDK."),
          part('text', 'S'),
          { ...part('text', 's'), cache_control: {} },
        ],
        messages: [USER, ASSISTANT],
      },
    ],
    [
      'Gemini: an instruction that is a content',
      'gemini',
      { system_instruction: { role: 'user', parts: [{ text: 's' }] }, contents: [{ parts: [{ text: 'u' }] }] },
      {
        system_instruction: { role: 'user', parts: [{ text: 'S' }, { text: 's' }] },
        contents: [content('user', 'U'), content('model', 'A'), { parts: [{ text: 'u' }] }],
      },
    ],
    [
      'Gemini: an instruction that is a text',
      'gemini',
      { systemInstruction: 's', contents: [] },
      {
        systemInstruction: { parts: [{ text: 'S' }, { text: 's' }] },
        contents: [content('user', 'U'), content('model', 'A')],
      },
    ],
    [
      'Gemini: none, and nothing said yet',
      'gemini',
      {},
      { systemInstruction: { parts: [{ text: 'S' }] }, contents: [content('user', 'U'), content('model', 'A')] },
    ],
  ])('%s', (_, dialect, body, result) => {
    expect(editor(dialect).prepend(body, added)).toEqual(result)
  })

  it.each(NAMES)('%s: of the system alone leaves the conversation as it is', dialect => {
    const conversation = [user('u')]
    const body = { messages: conversation, input: conversation, contents: conversation }
    const result = editor(dialect).prepend(body, [SYSTEM])
    expect(result).not.toBe(body)
    if (dialect !== 'openai-chat') expect(result).toMatchObject(body)
  })

  it.each(NAMES)('%s: of no messages is the same body', dialect => {
    const body = { messages: [], input: [], contents: [] }
    expect(editor(dialect).prepend(body, [])).toBe(body)
  })
})

describe.skipIf(!hasCorpus).each(APIS)('every recorded request of %s (skipped without the recordings)', name => {
  it('is the same object after an edit that changes nothing, and else changes in texts alone', {
    timeout: 120_000,
  }, () => {
    const { editLastUser, prepend } = editor(name)
    let changed = 0
    for (const { id, body } of recordings(name, 'request.json')) {
      const before = JSON.stringify(body)
      expect(
        editLastUser(body, text => text),
        id,
      ).toBe(body)
      const edited = editLastUser(body, text => `${text}§`)
      expect(JSON.stringify(edited).replaceAll('§', ''), id).toBe(oneAsList(before, name))
      if (edited !== body) changed++
      const longer = prepend(body, [SYSTEM, USER])
      for (const key of Object.keys(body)) if (!CHANGING.has(key)) expect(longer[key], id).toBe(body[key])
      expect(JSON.stringify(body), id).toBe(before)
    }
    expect(changed).toBeGreaterThan(20)
  })
})

describe.each(NAMES)('any request of %s', name => {
  it('survives any edit but for its texts', () => {
    fc.assert(
      fc.property(requests(), fc.constantFrom('', 'a', 'ab'), (body, put) => {
        const before = structuredClone(body)
        const same = editor(name).editLastUser(body, text => text)
        expect(same).toBe(body)
        const edited = editor(name).editLastUser(body, text => (text.length > 3 ? text : put))
        expect(body).toEqual(before)
        for (const key of Object.keys(body)) if (!CHANGING.has(key)) expect(edited[key]).toBe(body[key])
        // A second time there is nothing left to do, unless a message went.
        if (put !== '') expect(editor(name).editLastUser(edited, text => (text.length > 3 ? text : put))).toBe(edited)
      }),
      { numRuns: 500 },
    )
  })
})

const CHANGING = new Set([
  'messages',
  'input',
  'contents',
  'system',
  'instructions',
  'systemInstruction',
  'system_instruction',
  'generateContentRequest',
])

/** Bodies that are nearly right in every dialect at once. */
function requests(): fc.Arbitrary<JsonObject> {
  const type = fc.constantFrom('text', 'input_text', 'tool_result', 'image', undefined)
  const text = fc.string({ maxLength: 6 })
  const piece = fc.oneof(
    fc.record({ type, text, extra: fc.jsonValue({ maxDepth: 1 }) }, { requiredKeys: [] }),
    fc.record({ functionResponse: fc.constant({}) }),
    fc.jsonValue({ maxDepth: 1 }),
  )
  const pieces = fc.oneof(text, fc.array(piece, { maxLength: 3 }), fc.jsonValue({ maxDepth: 1 }))
  const role = fc.constantFrom('user', 'assistant', 'model', 'system', 'tool', undefined)
  const message = fc.record({ role, content: pieces, parts: pieces, more: text }, { requiredKeys: [] })
  const messages = fc.oneof(
    fc.array(fc.oneof(message, fc.jsonValue({ maxDepth: 1 })), { maxLength: 5 }),
    fc.jsonValue(),
  )
  return fc
    .record({ messages, contents: messages, input: messages, other: fc.jsonValue() }, { requiredKeys: [] })
    .filter(isObject)
}

function user(content: unknown): JsonObject {
  return { role: 'user', content }
}

function part(type: string, text: string): JsonObject {
  return { type, text }
}

function item(message: JsonObject | PlainMessage): JsonObject {
  return { type: 'message', ...message }
}

function content(role: string, text: string): JsonObject {
  return { role, parts: [{ text }] }
}

/** Gemini's single objects come out as lists of one. */
function oneAsList(before: string, name: string): string {
  if (name !== 'gemini') return before
  const body = JSON.parse(before) as { contents?: unknown }
  const listed = isObject(body.contents) ? { ...body, contents: [body.contents] } : body
  return JSON.stringify(listed)
}
