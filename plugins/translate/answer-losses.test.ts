import type { AnswerVocabulary, Diagnostic, NeutralEvent } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { AnswerLosses } from './answer-losses.ts'
import { Recorder } from './recorder.ts'

const NOTHING: AnswerVocabulary = {
  citations: [],
  states: [],
  usage: ['inputTokens', 'outputTokens'],
  stops: ['stop'],
  hasLogprobs: false,
  hasChoices: false,
  hasStopSequence: false,
  stopMessages: [],
}
const citation = { type: 'url', url: 'https://example.com' } as const
const state = { kind: 'signature', data: 's', issuer: 'there' } as const
const logprobs = [{ token: 'a', logprob: -1 }]

describe('a dialect that can say next to nothing', () => {
  it('is told of each piece of a whole answer that it leaves out', () => {
    const { losses, told } = start()
    losses.choice({
      index: 0,
      content: [
        { type: 'reasoning', parts: [], state },
        { type: 'text', text: 'a', citations: [citation, citation], logprobs },
      ],
      stop: { reason: 'pause', sequence: 'END', message: 'wait' },
    })
    losses.choice({ index: 1, content: [{ type: 'text', text: 'b', logprobs }] })
    losses.usage({
      inputTokens: 1,
      cachedTokens: 0,
      reasoningTokens: 3,
      toolInputTokens: 2,
      serverToolUse: { web_search: 1 },
      extra: { there: { fields: { details: [{ count: 1 }], word: 'x', none: 0 } } },
    })
    expect(told()).toEqual([
      'changed choices[0].content[0].state',
      'dropped choices[0].content[1].logprobs',
      'dropped choices[0].content[1].citations[0]',
      'dropped choices[0].content[1].citations[1]',
      'changed choices[0].stop',
      'changed choices[0].stop.sequence',
      'dropped choices[0].stop.message',
      'dropped choices[1]',
      'changed usage.reasoningTokens',
      'dropped usage.serverToolUse',
      'changed usage.toolInputTokens',
      'changed usage.details',
    ])
  })

  it('is told the same of a stream', () => {
    const { losses, told } = start()
    const at = { choice: 0, index: 0 }
    const events: readonly NeutralEvent[] = [
      { type: 'blockStart', ...at, block: { type: 'text', text: '', citations: [citation] } },
      { type: 'textDelta', ...at, text: 'a', logprobs },
      { type: 'citation', ...at, citation },
      { type: 'state', ...at, state },
      { type: 'blockStop', ...at },
      { type: 'blockStart', choice: 1, index: 0, block: { type: 'text', text: '' } },
      { type: 'textDelta', choice: 1, index: 0, text: 'b', logprobs },
      { type: 'finish', choice: 0, stop: { reason: 'error' } },
      { type: 'finish', choice: 1, stop: { reason: 'stop' } },
    ]
    for (const event of events) losses.event(event)
    expect(told()).toEqual([
      'dropped choices[0].content[0].citations[0]',
      'dropped choices[0].content[0].logprobs',
      'dropped choices[0].content[0].citations[1]',
      'changed choices[0].content[0].state',
      'dropped choices[1]',
      'changed choices[0].stop',
    ])
  })
})

it('a dialect that can say it all is told of nothing', () => {
  const { losses, told } = start({
    ...NOTHING,
    citations: ['url'],
    states: ['text'],
    usage: ['reasoningTokens'],
    hasLogprobs: true,
    hasChoices: true,
  })
  losses.choice({ index: 1, content: [{ type: 'text', text: 'a', citations: [citation], logprobs, state }] })
  losses.usage({ reasoningTokens: 3 })
  expect(told()).toEqual([])
})

function start(vocabulary = NOTHING) {
  const recorder = new Recorder({ dialect: 'here', parameters: {} } as never, false)
  const losses = new AnswerLosses(vocabulary, recorder)
  return { losses, told: () => recorder.list.map(({ action, path }: Diagnostic) => `${action} ${path}`) }
}
