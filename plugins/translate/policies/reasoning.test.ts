import type { Block, ModelProfile } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { Memory } from '../memory.ts'
import { tagged } from '../tag.ts'
import { actions, apply, assistant, call, result, text, tool, user } from './apply-support.ts'

describe('reasoning', () => {
  const adaptive: ModelProfile = { reasoning: { controls: ['adaptive'], efforts: ['low', 'medium', 'high'] } }
  const budget: ModelProfile = { maxOutputTokens: 64_000, reasoning: { controls: ['budget'], budget: { min: 1024 } } }

  it.each([
    ['an effort the model has not', { effort: 'xhigh' }, adaptive, { mode: 'adaptive', effort: 'high' }],
    ['a budget where it takes an effort', { mode: 'budget', budgetTokens: 10_000 }, adaptive, { effort: 'medium' }],
    ['an effort where it takes a budget', { effort: 'high' }, budget, { mode: 'budget', budgetTokens: 16_384 }],
    ['a budget that is too small', { mode: 'budget', budgetTokens: 10 }, budget, { budgetTokens: 1024 }],
    ['none', { effort: 'none' }, budget, { mode: 'off' }],
  ] as const)('by %s is asked for as the model knows it', (_, reasoning, profile, expected) => {
    expect(apply({ reasoning }, { profile }).request.reasoning).toMatchObject(expected)
  })

  it('never takes all the tokens of the answer', () => {
    const { request } = apply({ reasoning: { effort: 'high' }, maxOutputTokens: 4000 }, { profile: budget })
    expect(request.reasoning?.budgetTokens).toBe(3200)
    const small = apply({ reasoning: { effort: 'high' }, maxOutputTokens: 500 }, { profile: budget })
    expect(small.request.reasoning).toMatchObject({ mode: 'off' })
  })

  it('gives way to a tool that must be used', () => {
    const profile: ModelProfile = { reasoning: { controls: ['adaptive'], allowsForcedTool: false } }
    const { request } = apply({ reasoning: { effort: 'high' }, toolChoice: { type: 'required' } }, { profile })
    expect(request).toMatchObject({ reasoning: { mode: 'off' }, toolChoice: { type: 'required' } })
  })
})

describe('the state of reasoning', () => {
  const state = { kind: 'signature', data: 'c2ln', issuer: 'there' } as const
  const thought: Block = { type: 'reasoning', parts: [{ kind: 'text', text: 'hm' }], state }

  it('goes back to who made it, as they made it', () => {
    const marked = { ...thought, state: tagged({ ...state, kind: 'encrypted' }, 'p') } as Block
    const { request } = apply({ messages: [assistant(marked)] })
    expect(request.messages[0]?.content[0]).toEqual({ ...thought, state: { ...state, kind: 'encrypted' } })
  })

  it.each([
    ['dialect', { ...state, issuer: 'elsewhere' }],
    ['provider', tagged(state, 'another')],
  ])('of another %s is left out with a diagnostic', (_, foreign) => {
    const { request, diagnostics } = apply({ messages: [assistant({ ...thought, state: foreign } as Block)] })
    expect(request.messages[0]?.content[0]).not.toHaveProperty('state')
    expect(actions(diagnostics)).toEqual(['dropped messages.state'])
  })

  it('that the client did not keep is remembered', () => {
    const memory = new Memory()
    memory.keep('p', 'there', [thought, call('a')])
    const messages = [user(text('Hi')), assistant(call('a')), tool(result('a'))]
    expect(apply({ messages }, { memory }).request.messages[1]?.content).toEqual([thought, call('a')])
    expect(apply({ messages }).request.messages[1]?.content).toEqual([call('a')])
  })

  it('that is lost turns reasoning off where the model would refuse', () => {
    const profile: ModelProfile = { reasoning: { controls: ['budget'], needsState: true } }
    const messages = [user(text('Hi')), assistant(call('a')), tool(result('a'))]
    const given = { messages, reasoning: { effort: 'high' }, maxOutputTokens: 50_000 }
    expect(apply(given, { profile }).request.reasoning).toMatchObject({ mode: 'off' })
    const memory = new Memory()
    memory.keep('p', 'there', [thought, call('a')])
    expect(apply(given, { profile, memory }).request.reasoning).toMatchObject({ mode: 'budget' })
  })
})

it('an effort within a small limit leaves room for the answer', () => {
  const profile = { reasoning: { controls: ['budget'], budget: { min: 1024 } } } as const
  const { request } = apply({ reasoning: { effort: 'high' }, maxOutputTokens: 1500 }, { profile })
  expect(request.reasoning).toMatchObject({ mode: 'budget', budgetTokens: 1200 })
})
