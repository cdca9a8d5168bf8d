import type { Chunk } from 'lunaroute'
import { Fields, type IncomingFrame, restore, shapeOf } from 'lunaroute/neutral'
import { describe, expect, expectTypeOf, it } from 'vitest'

describe('Fields', () => {
  it('keeps what nobody took, and what was not of the expected type', () => {
    const f = new Fields({ model: 'm', temperature: null, x_vendor: [1] })
    expect([f.string('model'), f.number('temperature')]).toEqual(['m', undefined])
    expect(f.extra('d')).toEqual({ d: { fields: { temperature: null, x_vendor: [1] } } })
  })

  it('has no bag when everything was understood', () => {
    const f = new Fields({ model: 'm' })
    f.string('model')
    expect(f.extra('d')).toBeUndefined()
  })

  it('keeps what is left of a nested object in its place, and an empty one as it is', () => {
    const f = new Fields({ output_config: { effort: 'low', budget: 5 }, metadata: {} })
    f.nested('output_config')?.string('effort')
    f.nested('metadata')?.string('user_id')
    expect(f.extra('d')).toEqual({ d: { fields: { output_config: { budget: 5 }, metadata: {} } } })
  })

  it('gives a field back that turned out not to be understood', () => {
    const f = new Fields({ audio: { id: 5 } })
    f.nested('audio')?.string('id')
    f.leave('audio')
    expect(f.extra('d')?.['d']?.fields).toEqual({ audio: { id: 5 } })
  })
})

describe('restore', () => {
  it('writes fields, other names and missing defaults as they were', () => {
    const native = { config: { top_k: 5, odd: null }, kept: 1 }
    const f = new Fields(native)
    f.optional('type')
    const topK = f.nested('config')?.number('topK', 'top_k')
    const written = restore({ config: { topK } }, f.extra('d'), 'd', { type: 'constant' })
    expect(written).toEqual(native)
  })

  it('lets a value that a plugin set win over a note that there was none', () => {
    const f = new Fields({})
    f.optional('title')
    expect(restore({ title: 'new' }, f.extra('d'), 'd', { title: null })).toEqual({ title: 'new' })
  })

  it('takes no other dialect’s bag', () => {
    const f = new Fields({ x_vendor: 1 })
    expect(restore({ model: 'm' }, f.extra('other'), 'd')).toEqual({ model: 'm' })
  })

  it('treats a key named __proto__ as an ordinary one', () => {
    const native = JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>
    const written = restore({}, new Fields(native).extra('d'), 'd')
    expect(JSON.stringify(written)).toBe('{"__proto__":{"polluted":true}}')
    expect(Object.getPrototypeOf(written)).toBe(Object.prototype)
  })

  it('finds notes on shapes, those of nested objects among them', () => {
    const f = new Fields({ message: { content: [] } })
    f.nested('message')?.shape('content', 'list')
    expect(shapeOf(f.extra('d'), 'd', 'content')).toBe('list')
  })
})

it('a chunk is a frame that decoders take', () => {
  expectTypeOf<Chunk>().toExtend<IncomingFrame>()
})
