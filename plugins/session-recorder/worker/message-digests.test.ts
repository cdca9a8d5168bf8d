import type { Block, Message } from 'lunaroute/neutral'
import { expect, it } from 'vitest'
import { digestOf, MessageDigester } from './message-digests.ts'

const image = (data: string): Block => ({ type: 'image', source: { type: 'base64', mediaType: 'image/png', data } })
const call = (input: string): Block => ({ type: 'toolCall', callId: 'c', name: 'read', inputType: 'json', input })
const result = (text: string): Block => ({
  type: 'toolResult',
  callId: 'c',
  content: [{ type: 'text', text }, image('A')],
})
const message = (role: Message['role'], ...content: Block[]): Message => ({ role, content })
const conversation = (): Message[] => [
  message('user', { type: 'text', text: 'one' }, image('AAAA')),
  message('assistant', { type: 'reasoning', parts: [{ kind: 'text', text: 'hm' }] }, call('{"path":"a"}')),
  message('tool', result('text of a')),
  message('user', { type: 'text', text: 'two' }),
]

// Each of these may follow the conversation: none must be taken for it.
const others: Record<string, Message[]> = {
  'the same': conversation(),
  longer: [...conversation(), message('assistant', { type: 'text', text: 'yes' })],
  shorter: conversation().slice(0, 2),
  'another role': [message('developer', ...conversation()[0]!.content), ...conversation().slice(1)],
  'another text': [...conversation().slice(0, 3), message('user', { type: 'text', text: '2' })],
  'another image': [message('user', { type: 'text', text: 'one' }, image('AAAB')), ...conversation().slice(1)],
  'another call': [conversation()[0]!, message('assistant', call('{"path":"b"}')), ...conversation().slice(2)],
  'another result': [...conversation().slice(0, 2), message('tool', result('text of b')), conversation()[3]!],
  'another block': [message('user', { type: 'text', text: 'one' }), ...conversation().slice(1)],
}

it.each(Object.entries(others))('digests %s conversation after one as if it came first', (_, messages) => {
  const used = new MessageDigester()
  used.digest('s', 'begin', conversation(), 100)
  const fresh = new MessageDigester().digest('s', 'begin', messages, 100)
  expect(used.digest('s', 'begin', messages, 100)).toEqual(fresh)
  expect(fresh.alone).toEqual(messages.map(each => digestOf('s', each)))
})

it('digests a conversation that goes on from something else otherwise, and each session by itself', () => {
  const digester = new MessageDigester()
  const one = digester.digest('s', 'begin', conversation(), 100)
  const two = digester.digest('s', 'elsewhere', conversation(), 100)
  const three = digester.digest('t', 'begin', conversation(), 100)
  expect(two.alone).toEqual(one.alone)
  for (const [i, chain] of one.chains.entries()) expect(two.chains[i]).not.toBe(chain)
  expect(new Set([...one.alone, ...three.alone]).size).toBe(8)
})
