import type { JsonObject, NeutralEvent, ResponseContext } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { messagesCodec } from '../../plugins/anthropic/codec/index.ts'
import { chatCodec } from '../../plugins/openai/codec/chat/index.ts'
import { checkMessagesStream } from './grammar/anthropic-messages.ts'
import { checkChatStream } from './grammar/openai-chat.ts'
import { decode, encode, frameOf, lenientContext } from './stream-corpus.ts'
import {
  chunk,
  chunksOf,
  deltasIn,
  END,
  frames,
  framesOf,
  HEAD,
  named,
  START,
  STOP,
  toChat,
  toMessages,
} from './stream-making.ts'
import { readMessages } from './stream-readers.ts'

describe('reasoning', () => {
  it('of Chat is a thinking block, closed and signed before the text', () => {
    const written = toMessages(chunk({ reasoning_content: 'hm' }), chunk({ content: 'yes' }), STOP)
    expect(written.map(({ event }) => event?.replace('content_block', 'block'))).toEqual([
      'message_start',
      ...['block_start', 'block_delta', 'block_delta', 'block_stop'],
      ...['block_start', 'block_delta', 'block_stop'],
      'message_delta',
      'message_stop',
    ])
    expect(deltasIn(written).map(({ type }) => type)).toEqual(['thinking_delta', 'signature_delta', 'text_delta'])
  })

  it('keeps its signature from Chat to Messages and back', () => {
    const details = [{ type: 'reasoning.text', text: 'hm', format: 'anthropic-claude-v1', index: 0 }]
    const signed = [{ type: 'reasoning.text', signature: 'c2ln', format: 'anthropic-claude-v1', index: 0 }]
    const written = toMessages(chunk({ reasoning_details: details }), chunk({ reasoning_details: signed }), STOP)
    expect(deltasIn(written)[1]).toEqual({ type: 'signature_delta', signature: 'c2ln' })
    const back = encode(chatCodec, decode(messagesCodec, framesOf(written)), lenientContext(7))
    const entries = chunksOf(back).flatMap(({ delta }) => (delta as JsonObject).reasoning_details ?? []) as JsonObject[]
    expect(entries.map(({ text = '' }) => text).join('')).toBe('hm')
    expect(entries.at(-1)).toMatchObject({ signature: 'c2ln', format: 'anthropic-claude-v1', index: 0 })
  })
})

describe('the end of a stream', () => {
  it('is an end without [DONE] once the answer had finished', () => {
    expect(decode(chatCodec, frames(chunk({ content: 'a' }), STOP)).at(-1)).toEqual({ type: 'end' })
  })

  it('is a cut without a finish reason', () => {
    const written = toMessages(chunk({ content: 'a' }))
    expect(written.at(-1)).toMatchObject({ event: 'error', data: { error: { type: 'api_error' } } })
  })

  it('is an end with [DONE] alone', () => {
    expect(readMessages(toMessages(chunk({ content: 'a' }), '[DONE]'))).toMatchObject({ text: 'a', stop: 'end_turn' })
  })

  it('is an error when the provider says so, and nothing follows', () => {
    const error = { error: { message: 'The server had an error', type: 'server_error', param: null, code: null } }
    const written = toMessages(chunk({ content: 'a' }), error, STOP, '[DONE]')
    expect(written.at(-1)?.data).toEqual({
      type: 'error',
      error: { type: 'api_error', message: 'The server had an error' },
    })
    expect(checkMessagesStream(written)).toEqual([])
  })

  it('is an error in Chat without [DONE]', () => {
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    const written = toChat(START, overloaded)
    expect(written.at(-1)?.data).toMatchObject({ error: { message: 'Overloaded', code: 'overloaded' } })
    expect(checkChatStream(written)).toEqual([])
  })

  it('is told by the encoder when its source breaks off', () => {
    const encoder = messagesCodec.createEncoder(lenientContext(7))
    encoder.push({ type: 'start' })
    expect(encoder.end()).toMatchObject([{ event: 'error' }])
    expect(encoder.end()).toEqual([])
    expect(encoder.push({ type: 'end' })).toEqual([])
  })

  it('may be an answer of nothing', () => {
    expect(checkMessagesStream(toMessages(STOP, '[DONE]'))).toEqual([])
    expect(checkChatStream(toChat(START, ...END))).toEqual([])
  })
})

describe('usage', () => {
  it('is estimated when a Messages stream begins and told when it ends', () => {
    const usage = {
      prompt_tokens: 30,
      completion_tokens: 4,
      total_tokens: 34,
      prompt_tokens_details: { cached_tokens: 10 },
    }
    const written = toMessages(chunk({ content: 'a' }), STOP, { ...HEAD, choices: [], usage }, '[DONE]')
    expect(written[0]?.data).toMatchObject({ message: { usage: { input_tokens: 7 } } })
    const last = written.at(-2)?.data as JsonObject
    expect(last.usage).toMatchObject({ input_tokens: 20, cache_read_input_tokens: 10, output_tokens: 4 })
  })

  it('comes in a chunk of its own only to Chat clients that asked', () => {
    const asked = lenientContext(7)
    const silent: ResponseContext = { ...asked, request: { dialect: 'none', messages: [] } }
    const events = decode(messagesCodec, named(START, ...END))
    const withUsage = encode(chatCodec, events, asked).filter(({ data }) => (data as JsonObject).usage)
    expect(withUsage.map(({ data }) => (data as JsonObject).usage)).toMatchObject([
      { prompt_tokens: 5, completion_tokens: 9, total_tokens: 14, prompt_tokens_details: { cached_tokens: 0 } },
    ])
    expect(encode(chatCodec, events, silent).filter(({ data }) => (data as JsonObject).usage)).toEqual([])
  })
})

describe('what else a stream holds', () => {
  it('pings come from comments and go out as comments', () => {
    const ping: NeutralEvent = { type: 'ping' }
    expect(chatCodec.createDecoder().push(frameOf(''))).toMatchObject([ping])
    expect(chatCodec.createEncoder(lenientContext(7)).push(ping)).toEqual([{ comment: 'ping' }])
    expect(messagesCodec.createEncoder(lenientContext(7)).push(ping)).toEqual([
      { event: 'ping', data: { type: 'ping' } },
    ])
  })

  it('a refusal is text that ends with refusal', () => {
    expect(readMessages(toMessages(chunk({ refusal: 'I ' }), chunk({ refusal: 'cannot' }), STOP))).toMatchObject({
      text: 'I cannot',
      stop: 'refusal',
    })
  })

  it('a second answer is left out of Messages', () => {
    const events = decode(chatCodec, frames(chunk({ content: 'a' }), chunk({ content: 'b' }, null, 1), STOP, '[DONE]'))
    expect(readMessages(encode(messagesCodec, events, lenientContext(7))).text).toBe('a')
  })

  it('log probabilities stand beside the delta of a Chat chunk', () => {
    const token = { token: 'a', logprob: -0.5, bytes: [97], top: [] }
    const events: NeutralEvent[] = [
      { type: 'start' },
      { type: 'blockStart', choice: 0, index: 0, block: { type: 'text', text: '' } },
      { type: 'textDelta', choice: 0, index: 0, text: 'a', logprobs: [token] },
    ]
    const [, said] = chunksOf(encode(chatCodec, events, lenientContext(7)))
    expect(said).toMatchObject({ delta: { content: 'a' }, logprobs: { content: [{ token: 'a', top_logprobs: [] }] } })
  })

  it('a citation of a web page becomes an annotation of the text it stands under', () => {
    const citation = {
      type: 'web_search_result_location',
      url: 'https://example.com',
      title: 'E',
      cited_text: 'x',
      encrypted_index: 'i',
    }
    const written = toChat(
      START,
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', citations: [] } },
      { type: 'content_block_delta', index: 0, delta: { type: 'citations_delta', citation } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'words' } },
      { type: 'content_block_stop', index: 0 },
      ...END,
    )
    const annotations = chunksOf(written).flatMap(({ delta }) => (delta as JsonObject).annotations ?? [])
    expect(annotations).toMatchObject([{ url_citation: { url: 'https://example.com', start_index: 0, end_index: 5 } }])
  })
})

describe('beside streams', () => {
  const head = { status: 400, get: () => undefined }

  it('a context overflow is said in the words that clients compact on', () => {
    const message = "This model's maximum context length is 128000 tokens. However, you requested 130000 tokens"
    const full = chatCodec.readError({ error: { message, type: 'invalid_request_error', code: null } }, head)
    expect(messagesCodec.writeError(full).body).toMatchObject({
      error: { type: 'invalid_request_error', message: 'prompt is too long: 130000 tokens > 128000 maximum' },
    })
    const long = {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long: 9 tokens > 8 maximum' },
    }
    expect(chatCodec.writeError(messagesCodec.readError(long, head)).body).toMatchObject({
      error: {
        code: 'context_length_exceeded',
        message: expect.stringContaining('maximum context length is 8 tokens'),
      },
    })
  })

  it('models are listed as each dialect lists them', () => {
    const models = [{ id: 'fast', createdAt: 0, owner: 'house', profile: {} }]
    expect(chatCodec.writeModels?.(models)).toEqual({
      object: 'list',
      data: [{ id: 'fast', object: 'model', created: 0, owned_by: 'house' }],
    })
    expect(messagesCodec.writeModels?.(models)).toMatchObject({
      data: [{ type: 'model', id: 'fast', display_name: 'fast', created_at: '1970-01-01T00:00:00.000Z' }],
      has_more: false,
      first_id: 'fast',
      last_id: 'fast',
    })
  })

  it('a token count is read and written', () => {
    expect(messagesCodec.readTokenCount?.(messagesCodec.writeTokenCount?.(12) ?? {})).toBe(12)
    expect(messagesCodec.readTokenCount?.({ input_tokens: 'many' })).toBeUndefined()
  })
})
