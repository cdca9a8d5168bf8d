import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gateway } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
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
    [
      'a fallback to what a rule for one model has asked',
      [{ id: 'r', match: { model: 'm' }, ...to('openai'), fallbacks: [to('openai', 'm').target] }],
      'leads back to "m" at "openai"',
    ],
    [
      'a target that is said twice',
      [{ id: 'r', match: { model: 'm' }, ...to('openai'), primary: 'gemini' }],
      'says what target says, too',
    ],
    [
      'models that are said twice',
      [{ id: 'r', match: { model: 'm' }, model_pattern: 'n', ...to('openai') }],
      'says what match.model says, too',
    ],
    ['a matcher of nothing', [{ id: 'r', matcher: { type: 'model' }, ...to('openai') }], 'has no pattern'],
    [
      'an unknown kind of matcher',
      [{ id: 'r', matcher: { type: 'modle' as never, pattern: 'm' }, ...to('openai') }],
      'must be one of model, listener, always (did you mean "model"?)',
    ],
    [
      'an unknown strategy',
      [{ id: 'r', strategy: { type: 'round-robbin', providers: ['openai'] } as never }],
      'must be one of round-robin, weighted-round-robin, limits-alternative (did you mean "round-robin"?)',
    ],
    ['an unknown key', [{ id: 'r', match: { modle: 'm' }, ...to('openai') } as never], 'unknown key "modle"'],
  ])('refuses %s', async (_, rules, message) => {
    expect(await refused(rules)).toContain(message)
  })

  const warnings = async (options: RouterOptions) => {
    const g = await gateway({ plugins: [dialects, router(options)] })
    await g.close()
    return g.logs.join('\n')
  }

  it('lets rules without a name share the one they get, but not where a strategy is remembered by it', async () => {
    const rules = ['m', 'n'].map(model => ({ match: { model }, ...to('openai') }))
    const g = await gateway({ plugins: [dialects, router({ rules })] })
    await g.close()
    const strategy = { type: 'round-robin' as const, providers: ['openai', 'gemini'] }
    const twice = [{ id: 's', strategy, fallbacks: ['gemini'] }]
    expect(await refused(twice)).toContain('leads back to "gemini"')
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
    [
      'behind one for whoever sends its header',
      [
        { id: 'a', match: { headers: { 'x-tier': true } }, ...to('openai') },
        { id: 'b', match: { headers: { 'X-Tier': 'paid' } }, ...to('openai') },
      ],
      true,
    ],
    [
      'behind one for who does not send its header',
      [
        { id: 'a', match: { headers: { 'x-tier': true } }, ...to('openai') },
        { id: 'b', match: { headers: { 'x-tier': false } }, ...to('openai') },
      ],
      false,
    ],
    [
      'behind one for the family of its dialect',
      [
        { id: 'a', listener: 'openai', match: { dialect: 'openai' }, ...to('openai') },
        { id: 'b', listener: 'openai-chat', match: { dialect: ['openai-chat'] }, ...to('openai') },
      ],
      true,
    ],
    [
      'behind one for more lengths',
      [
        { id: 'a', match: { tokens: { min: 5 } }, ...to('openai') },
        { id: 'b', match: { tokens: { min: 9, max: 20 } }, ...to('openai') },
      ],
      true,
    ],
    [
      'behind one for other lengths',
      [
        { id: 'a', match: { tokens: { min: 5 } }, ...to('openai') },
        { id: 'b', match: { tokens: { max: 20 } }, ...to('openai') },
      ],
      false,
    ],
    [
      'behind a star, whatever it asks for',
      [
        { id: 'a', ...m('*') },
        { id: 'b', ...m('/^gpt-4o?$/') },
      ],
      true,
    ],
    [
      'behind an expression for everything',
      [
        { id: 'a', ...m('/.*/') },
        { id: 'b', ...m('gpt-*') },
      ],
      true,
    ],
    [
      'behind a wider glob',
      [
        { id: 'a', ...m('gpt-*-mini') },
        { id: 'b', ...m('gpt-4*-mini') },
      ],
      true,
    ],
    [
      'behind a glob that is no wider',
      [
        { id: 'a', ...m('gpt-?-mini') },
        { id: 'b', ...m('gpt-*-mini') },
      ],
      false,
    ],
  ])('warns of a rule %s: %#', async (_, rules, isShadowed) => {
    expect((await refused(rules)).includes('is never reached: rule \\"a\\" comes before it')).toBe(isShadowed)
  })

  it.each<[string, object, string]>([
    ['a number that there is none of', { tokens: { min: 9, max: 5 } }, 'no number is at least 9 and at most 5'],
    [
      'an unknown dialect',
      { dialect: 'antropic' },
      'no dialect is called \\"antropic\\" (did you mean \\"anthropic\\"?)',
    ],
    ['the text of a credential', { headers: { Authorization: 'Bearer x*' } }, 'a credential is told to no rule'],
    ['the name of an alias', { model: 'smart' }, '\\"smart\\" is an alias'],
    [
      'a regular expression as a text',
      { model: '^gpt-.*' },
      '\\"^gpt-.*\\" is compared as a text; write \\"/^gpt-.*/\\"',
    ],
  ])('warns of a rule that asks for %s', async (_, match, message) => {
    expect(await warnings({ rules: [{ id: 'r', match, ...to('openai') }], aliases: { smart: 'gpt-5' } })).toContain(
      `is never reached: ${message}`,
    )
  })

  it('names the rule of a config, and the place of its expression', async () => {
    const rules = [{ name: 'mine', model_pattern: '^gpt-[', primary: 'openai' }]
    expect(await refused(rules)).toMatch(/rules\[0\]\.model_pattern.* rule "mine": has a bad regular expression/)
    expect(await refused([{ name: 'mine', model_pattern: 'x', primary: 'opnai' }])).toContain(
      'rule "mine": no provider',
    )
  })

  it('warns of a listener that there is not', async () => {
    const rule = (listener: string) => ({ id: 'r', listener, ...to('openai') })
    expect(await warnings({ rules: [rule('OpenAI')] })).toContain('(did you mean \\"openai\\"?)')
    for (const each of ['default', 'openai', 'openai-chat', 'gemini']) {
      expect(await warnings({ rules: [rule(each)] })).not.toContain('is never reached')
    }
  })

  it.each([
    [{ model: 'claude-opus-4-6[1m]' }],
    [{ model: 'gpt-4.*' }],
    [{ headers: { authorization: true }, tokens: { min: 5, max: 5 } }],
  ])('does not warn of %j', async match => {
    expect(await warnings({ rules: [{ id: 'r', match, ...to('openai') }] })).not.toContain('is never reached')
  })

  it('knows of rules in the other place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'check-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'routes.json')
    const write = (id: string, priority: number) =>
      writeFileSync(file, JSON.stringify([{ id, priority, match: { model: 'gpt-4*' }, ...to('openai') }]))
    const rules = [{ id: 'mine', priority: 50, ...m('gpt-*') }]
    write('theirs', 1)
    expect(await warnings({ file, rules })).toContain('is never reached: rule \\"mine\\" of the config comes before it')
    write('theirs', 99)
    expect(await warnings({ file, rules })).not.toContain('never reached')
    expect(await warnings({ file, rules: [{ id: 'mine', ...m('gpt-4o') }] })).toContain(
      'takes all that rule \\"mine\\" of the config would, which is never reached',
    )
  })
})
