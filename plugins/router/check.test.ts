import { gateway } from 'lunaroute/testing'
import { describe, expect, it } from 'vitest'
import { dialects, type RouterOptions, to } from '../../test/support/routed.ts'
import router from './index.ts'

describe('check', () => {
  const refused = async (rules: RouterOptions['rules'], providers = {}) => {
    const failed = await gateway({ plugins: [dialects, router({ rules: rules! })], providers }).then(
      async g => {
        await g.close()
        return g.logs.join('\n')
      },
      (error: unknown) => String(error),
    )
    return failed
  }

  it.each<[string, NonNullable<RouterOptions['rules']>, string]>([
    ['an unknown provider', [{ id: 'r', ...to('opnai') }], 'no provider is called "opnai" (did you mean "openai"?)'],
    ['an unknown fallback', [{ id: 'r', ...to('openai'), fallbacks: ['x'] }], 'rules[0].fallbacks[0]'],
    [
      'two rules of one id',
      [
        { id: 'r', ...to('openai') },
        { id: 'r', match: { model: 'm' }, ...to('gemini') },
      ],
      'the id "r" is also that of rule number 1',
    ],
    [
      'a loop',
      [{ id: 'r', ...to('openai', 'a'), fallbacks: [to('gemini').target, to('openai', 'a').target] }],
      'leads back to "a" at "openai"',
    ],
    ['a rule that leads nowhere', [{ id: 'r', match: { model: 'm' } }], 'says not where to send'],
    [
      'a bad regular expression',
      [{ id: 'r', match: { model: '/(?=x)/' }, ...to('openai') }],
      'has a bad regular expression',
    ],
    ['an unknown key', [{ id: 'r', match: { modle: 'm' }, ...to('openai') } as never], 'unknown key "modle"'],
  ])('refuses %s', async (_, rules, message) => {
    expect(await refused(rules)).toContain(message)
  })

  it('lets rules without a name share the one they get, but not where a strategy is remembered by it', async () => {
    const rules = ['m', 'n'].map(model => ({ match: { model }, ...to('openai') }))
    const g = await gateway({ plugins: [dialects, router({ rules })] })
    await g.close()
    const strategy = { type: 'round-robin' as const, providers: ['openai', 'gemini'] }
    expect(await refused([{ match: { model: 'm' }, strategy }])).toContain('is remembered by the name of its rule')
  })

  const m = (model: string | string[], more = {}) => ({ match: { model, ...more }, ...to('openai') })
  it.each<[string, NonNullable<RouterOptions['rules']>, boolean]>([
    [
      'behind one for every model',
      [
        { id: 'a', ...to('openai') },
        { id: 'b', ...m('x') },
      ],
      true,
    ],
    [
      'behind one of a higher priority',
      [
        { id: 'b', ...m('x') },
        { id: 'a', priority: 99, ...m('x*') },
      ],
      true,
    ],
    [
      'behind one for a wider prefix',
      [
        { id: 'a', ...m('gpt-*') },
        { id: 'b', ...m('gpt-4*') },
      ],
      true,
    ],
    [
      'behind one that asks for less',
      [
        { id: 'a', ...m('x') },
        { id: 'b', ...m('x', { has_tools: true }) },
      ],
      true,
    ],
    [
      'before the wider one',
      [
        { id: 'a', ...m('gpt-4*') },
        { id: 'b', ...m('gpt-*') },
      ],
      false,
    ],
    [
      'behind one that asks for more',
      [
        { id: 'a', ...m('x', { has_tools: true }) },
        { id: 'b', ...m('x') },
      ],
      false,
    ],
    [
      'behind one for some of its models',
      [
        { id: 'a', ...m('x') },
        { id: 'b', ...m(['x', 'y']) },
      ],
      false,
    ],
    [
      'behind one that asks for something else',
      [
        { id: 'a', ...m('x', { stream: true }) },
        { id: 'b', ...m('x', { stream: false }) },
      ],
      false,
    ],
  ])('warns of a rule %s: %#', async (_, rules, isShadowed) => {
    expect((await refused(rules)).includes('is never reached: rule \\"a\\" comes before it')).toBe(isShadowed)
  })
})
