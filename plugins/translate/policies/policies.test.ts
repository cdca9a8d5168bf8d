import type { Block, Message, ModelProfile } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { actions, apply, assistant, call, result, text, tool, user } from './apply-support.ts'

describe('the billing line of Claude Code', () => {
  it('is left out, and nothing else of the system prompt', () => {
    const system: Message = {
      role: 'system',
      placement: 'top',
      content: [text('x-anthropic-billing-header: cc_version=2'), text('You are')],
    }
    expect(apply({ messages: [system] }).request.messages[0]?.content).toEqual([text('You are')])
  })
})

describe('the identity of a user', () => {
  it('leaves as the same hash every time', () => {
    const first = apply({ user: { id: 'ann' } }).request.user?.id
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(apply({ user: { id: 'ann' } }).request.user?.id).toBe(first)
  })
})

describe('names of tools', () => {
  const profile: ModelProfile = { tools: { namePattern: '^[a-z_0-9]{1,64}$', nameLength: 64 } }
  const name = `mcp.${'x'.repeat(80)}`

  it('are shortened alike everywhere, and given back in the answer', () => {
    const { request, reversal, diagnostics } = apply(
      {
        tools: [{ type: 'function', name, at: 'tools[0]' }],
        toolChoice: { type: 'tool', tool: { type: 'reference', name } },
        messages: [assistant(call('a', name)), tool(result('a'))],
      },
      { profile },
    )
    const [written] = request.tools as readonly { readonly name: string }[]
    expect(written!.name).toMatch(/^mcp_x+_[0-9a-f]{8}$/)
    expect(written!.name).toHaveLength(64)
    expect(request.messages[0]?.content[0]).toMatchObject({ name: written!.name })
    expect(request.toolChoice).toMatchObject({ tool: { name: written!.name } })
    expect(reversal.block(call('b', written!.name))).toMatchObject({ name })
    expect(actions(diagnostics)).toEqual(['changed tools[0].name'])
  })

  it('that are alike in their beginning stay apart', () => {
    const tools = ['a', 'b'].map(end => ({ type: 'function', name: name + end }) as const)
    const written = apply({ tools }, { profile }).request.tools as readonly { readonly name: string }[]
    expect(written[0]!.name).not.toBe(written[1]!.name)
  })
})

describe('free-text tools', () => {
  const tools = [
    { type: 'custom', name: 'patch', description: 'Edits.', grammar: { syntax: 'lark', definition: 'start: x' } },
  ] as const

  it('become functions with one argument, and their calls free text again', () => {
    const spoken: Block = { type: 'toolCall', callId: 'a', name: 'patch', inputType: 'text', input: 'say "hi"' }
    const { request, reversal } = apply({ tools, messages: [assistant(spoken), tool(result('a'))] })
    expect(request.tools?.[0]).toMatchObject({
      type: 'function',
      description: expect.stringContaining('start: x'),
      parameters: { required: ['input'] },
    })
    const lowered = request.messages[0]!.content[0]!
    expect(lowered).toMatchObject({ inputType: 'json', input: '{"input":"say \\"hi\\""}' })
    expect(reversal.block(lowered)).toMatchObject(spoken)
  })

  it('stay where the model has them', () => {
    expect(apply({ tools }, { profile: { tools: { hasCustomTools: true } } }).request.tools).toEqual(tools)
  })
})

describe('namespaces', () => {
  it('become the beginning of names, and come back in the answer', () => {
    const { request, reversal } = apply({
      tools: [{ type: 'namespace', name: 'ns', tools: [{ type: 'function', name: 'f' }] }],
      messages: [assistant({ ...call('a'), namespace: 'ns' } as Block), tool(result('a'))],
    })
    expect(request.tools).toMatchObject([{ type: 'function', name: 'ns__f' }])
    expect(request.messages[0]?.content[0]).toMatchObject({ name: 'ns__f', namespace: undefined })
    expect(reversal.block(call('b', 'ns__f'))).toMatchObject({ name: 'f', namespace: 'ns' })
  })

  it('of a tool that a search has found are left off: it is declared without', () => {
    const { request } = apply({
      tools: [{ type: 'function', name: 'f' }],
      messages: [assistant({ ...call('a'), namespace: 'f' } as Block), tool(result('a'))],
    })
    expect(request.messages[0]?.content[0]).toMatchObject({ name: 'f', namespace: undefined })
  })

  it('tools added in mid-conversation are declared at the top', () => {
    const added: Block = { type: 'toolAddition', tools: [{ type: 'function', name: 'late' }] }
    const { request } = apply({ messages: [{ role: 'developer', content: [added] }, user(text('Hi'))] })
    expect(request.tools).toMatchObject([{ name: 'late' }])
    expect(request.messages).toHaveLength(1)
  })
})

describe('schemas', () => {
  const parameters = {
    properties: { $schema: { $ref: '#/$defs/node' }, pattern: { type: 'string', pattern: '^x' } },
    $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
  }

  it('have an object at the top', () => {
    const { request } = apply({ tools: [{ type: 'function', name: 'f', parameters }] })
    expect(request.tools?.[0]).toMatchObject({ parameters: { type: 'object', ...parameters } })
  })

  it('lose the keywords the model refuses, with a diagnostic, and never a property of that name', () => {
    const profile: ModelProfile = { tools: { schema: { unsupported: ['pattern', '$schema'] } } }
    const { request, diagnostics } = apply({ tools: [{ type: 'function', name: 'f', parameters }] }, { profile })
    const [f] = request.tools ?? []
    const cleaned = f?.type === 'function' ? f.parameters?.properties : undefined
    expect(cleaned).toEqual({ $schema: { $ref: '#/$defs/node' }, pattern: { type: 'string' } })
    expect(actions(diagnostics)).toEqual(['dropped tools.parameters.pattern'])
  })

  it('have their references replaced where the model takes none, and end where they go round', () => {
    const profile: ModelProfile = { tools: { schema: { inlineReferences: true } } }
    const { request } = apply({ tools: [{ type: 'function', name: 'f', parameters }] }, { profile })
    const written = JSON.stringify(request.tools)
    expect(written).not.toContain('$ref')
    expect(written).not.toContain('$defs')
    expect(request.tools?.[0]).toMatchObject({
      parameters: { properties: { $schema: { type: 'object', properties: { next: {} } } } },
    })
  })
})

describe('results of tools', () => {
  it('are made up for calls that have none', () => {
    const { request, diagnostics } = apply({ messages: [assistant(call('a'), call('b')), tool(result('b'))] })
    expect(request.messages[1]?.content).toMatchObject([
      { callId: 'b' },
      { callId: 'a', isError: true, content: [{ type: 'text' }] },
    ])
    expect(diagnostics).toHaveLength(1)
  })

  it('follow their calls at once', () => {
    const { request } = apply({ messages: [assistant(call('a')), user(text('wait')), tool(result('a'))] })
    expect(request.messages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'user'])
  })

  it('without a call are words of the user', () => {
    const { request } = apply({ messages: [user(text('Hi')), tool(result('gone'))] })
    expect(request.messages[1]).toMatchObject({ role: 'user', content: [{ type: 'text' }, { text: 'done' }] })
  })

  it('that are in place leave the conversation as it is', () => {
    const messages = [user(text('Hi')), assistant(call('a')), tool(result('a')), user(text('so?'))]
    expect(apply({ messages }).request.messages).toBe(messages)
  })
})

describe('ids of calls', () => {
  it('that are used again are made unique, each with its own result', () => {
    const turn = [assistant(call('a')), tool(result('a'))]
    const { request } = apply({ messages: [...turn, user(text('again')), ...turn] })
    const ids = request.messages.flatMap(({ content }) =>
      content.flatMap(block => (block.type === 'toolCall' || block.type === 'toolResult' ? [block.callId] : [])),
    )
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).toBe(ids[3])
    expect(ids[0]).not.toBe(ids[2])
  })

  it('within the limits of the model stay the same every time', () => {
    const profile: ModelProfile = { tools: { idPattern: '^[a-z0-9_]+$' } }
    const messages = [assistant(call('a|b.c')), tool(result('a|b.c'))]
    const [first, second] = [1, 2].map(() => apply({ messages }, { profile }).request.messages)
    expect(first).toEqual(second)
    expect(first?.[0]?.content[0]).toMatchObject({ callId: expect.stringMatching(/^call_[0-9a-f]{24}$/) })
  })
})

describe('limits of a model', () => {
  it('move numbers to the ends of their ranges, and drop what it refuses', () => {
    const profile: ModelProfile = {
      maxOutputTokens: 100,
      maxStops: 1,
      sampling: { temperature: { min: 0, max: 1 }, topK: false },
    }
    const given = { sampling: { temperature: 1.7, topK: 5, topP: 0.5 }, maxOutputTokens: 200, stop: ['a', 'b'] }
    const { request, diagnostics } = apply(given, { profile })
    expect(request).toMatchObject({ sampling: { temperature: 1, topP: 0.5 }, maxOutputTokens: 100, stop: ['a'] })
    expect(request.sampling?.topK).toBeUndefined()
    expect(actions(diagnostics).toSorted()).toEqual([
      'changed maxOutputTokens',
      'changed sampling.temperature',
      'dropped halt',
      'dropped sampling.topK',
    ])
  })

  it('leave words in the place of pictures it cannot see, in results of tools too', () => {
    const image: Block = { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'eA==' } }
    const messages = [assistant(call('a')), tool({ ...result('a'), content: [image] } as Block), user(image)]
    const { request, diagnostics } = apply({ messages }, { profile: { input: { images: [] } } })
    expect(JSON.stringify(request)).not.toContain('eA==')
    expect(diagnostics.every(({ action }) => action === 'dropped')).toBe(true)
  })

  it('keep the last cache breakpoints', () => {
    const marked = (word: string): Block => ({ type: 'text', text: word, cacheMark: {} })
    const { request } = apply(
      { messages: [user(marked('a'), marked('b')), user(marked('c'))] },
      { profile: { maxCacheMarks: 2 } },
    )
    const kept = request.messages.flatMap(({ content }) => content.filter(block => block.cacheMark))
    expect(kept).toEqual([marked('b'), marked('c')])
  })

  it('let the user ask a model to go on that takes no prefill', () => {
    const { request } = apply({ messages: [assistant(text('{'))] }, { profile: { hasPrefill: false } })
    expect(request.messages.at(-1)?.role).toBe('user')
  })

  it('say a form in words where it has no other way', () => {
    const format = { type: 'jsonSchema', schema: { type: 'object' } } as const
    const { request } = apply({ output: { format } }, { profile: { structuredOutput: 'prompt' } })
    expect(request.output?.format).toBeUndefined()
    expect(JSON.stringify(request.messages[0])).toContain('schema')
  })
})

describe('what only the client could say', () => {
  it('is reported where it stands', () => {
    const { diagnostics } = apply({
      messages: [
        { role: 'user', content: [{ ...text('Hi'), at: 'messages[0].content[0]', extra: bag('odd') } as Block] },
      ],
      extra: bag('top_thing'),
    })
    expect(actions(diagnostics)).toEqual(['dropped top_thing', 'dropped messages[0].content[0].odd'])
  })

  function bag(key: string) {
    return { here: { fields: { [key]: 1, empty: null } } }
  }
})
