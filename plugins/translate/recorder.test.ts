import type { Codec } from 'lunaroute/neutral'
import { expect, it } from 'vitest'
import { Recorder } from './recorder.ts'

const parameters: Codec['parameters'] = {
  messages: 'input',
  'sampling.topK': 'top_k',
  'tools[].isStrict': 'function.strict',
  '*.cacheMark': 'cache_control',
}

it.each([
  ['sampling.topK', 'top_k'],
  ['sampling.seed', 'sampling.seed'],
  ['messages', 'input'],
  ['tools[2].isStrict', 'tools[2].function.strict'],
  ['tools[2]', 'tools[2]'],
  ['input[1].content[0].cacheMark', 'input[1].content[0].cache_control'],
])('tells of %s as %s', (path, native) => {
  const recorder = new Recorder({ parameters } as Codec, false)
  recorder.dropped(path, 'why')
  expect(recorder.header).toBe(native)
})
