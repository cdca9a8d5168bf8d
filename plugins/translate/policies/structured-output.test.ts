import type { Block, NeutralEvent, NeutralRequest } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { EventReversal } from '../reversal.ts'
import { actions, apply, call } from './apply-support.ts'

describe('structured output by a tool', () => {
  const profile = { structuredOutput: 'tool' } as const
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  const output = { format: { type: 'jsonSchema', name: 'place', schema } } as const
  const said = (name: string, input: string): readonly NeutralEvent[] => [
    {
      type: 'blockStart',
      choice: 0,
      index: 0,
      block: { type: 'toolCall', callId: 'a', name, inputType: 'json', input: '' },
    },
    { type: 'inputDelta', choice: 0, index: 0, text: input.slice(0, 5) },
    { type: 'inputDelta', choice: 0, index: 0, text: input.slice(5) },
    { type: 'blockStop', choice: 0, index: 0 },
    { type: 'finish', choice: 0, stop: { reason: 'toolCalls', native: 'tool_use' } },
  ]
  const heard = (given: Partial<NeutralRequest>, events: readonly NeutralEvent[]) => {
    const reversal = new EventReversal(apply({ output, ...given }, { profile }).reversal)
    return events.flatMap(event => reversal.push(event))
  }
  const textOf = (events: readonly NeutralEvent[]) =>
    events.map(event => (event.type === 'textDelta' ? event.text : '')).join('')

  it('is asked for with a tool that must be called, and said so', () => {
    const { request, diagnostics } = apply({ output }, { profile })
    expect(request.output?.format).toBeUndefined()
    expect(request.tools).toMatchObject([{ name: 'give_answer', parameters: schema }])
    expect(request.toolChoice).toMatchObject({ type: 'tool', tool: { name: 'give_answer' } })
    expect(actions(diagnostics)).toEqual(['changed output.format'])
  })

  it('stands beside the tools of the client, under a name that is free', () => {
    const tools = [{ type: 'function', name: 'give_answer' }] as const
    const { request } = apply({ output, tools }, { profile })
    expect(request.tools).toMatchObject([{ name: 'give_answer' }, { name: 'give_answer_' }])
    expect(request.toolChoice).toEqual({ type: 'required' })
  })

  it('gives way to a tool that the client demands, and to words where no tool can be forced', () => {
    const tools = [{ type: 'function', name: 'f' }] as const
    expect(apply({ output, tools, toolChoice: { type: 'required' } }, { profile }).request.tools).toEqual(tools)
    const { request } = apply({ output }, { profile: { ...profile, tools: { hasForcedChoice: false } } })
    expect(request.tools).toBeUndefined()
    expect(request.messages[0]?.role).toBe('system')
  })

  it('comes back as text with the reason of an answer, whole and in a stream', () => {
    const { reversal } = apply({ output }, { profile })
    expect(reversal.block(call('a', 'give_answer', '{"city":"Rome"}'))).toEqual({
      type: 'text',
      text: '{"city":"Rome"}',
    })
    const events = heard({}, said('give_answer', '{"city":"Rome"}'))
    expect(textOf(events)).toBe('{"city":"Rome"}')
    expect(events[0]).toMatchObject({ type: 'blockStart', block: { type: 'text' } })
    expect(events.at(-1)).toMatchObject({ type: 'finish', stop: { reason: 'stop' } })
  })

  it('of a form that is no object is wrapped and unwrapped', () => {
    const format = { type: 'jsonSchema', schema: { type: 'array' } } as const
    const { request, reversal } = apply({ output: { format } }, { profile })
    expect(request.tools).toMatchObject([{ parameters: { properties: { answer: { type: 'array' } } } }])
    const wrapped: Block = call('a', 'give_answer', '{"answer":[1,2]}')
    expect(reversal.block(wrapped)).toEqual({ type: 'text', text: '[1,2]' })
    expect(textOf(heard({ output: { format } }, said('give_answer', '{"answer":[1,2]}')))).toBe('[1,2]')
  })

  it('leaves a call of another tool a call', () => {
    const events = heard({ tools: [{ type: 'function', name: 'f' }] }, said('f', '{}'))
    expect(events[0]).toMatchObject({ block: { type: 'toolCall', name: 'f' } })
    expect(events.at(-1)).toMatchObject({ stop: { reason: 'toolCalls' } })
  })
})
