import { expect, it } from 'vitest'
import { loadZstd } from '../src/sessions/zstd.ts'
import { zstdStream } from './support/zstd-stream.ts'

type Module = typeof import('../src/sessions/zstd.ts')

it('packs and unpacks however often, and in however many copies, it is loaded', async () => {
  // A plugin may bring a copy of its own, while packages stay what they are.
  const again = (await import(`${new URL('../src/sessions/zstd.ts', import.meta.url).href}?again`)) as Module
  const text = Buffer.from('a session, line by line\n'.repeat(20_000))
  const first = await loadZstd()
  const packed = first.compress(text)
  for (let i = 0; i < 20; i++) {
    await Promise.all([loadZstd(), again.loadZstd()])
    expect(Buffer.from(first.decompress(packed)).equals(text)).toBe(true)
  }
  expect(packed.length).toBeLessThan(text.length / 10)
})

it('unpacks what others packed as a stream, of any size', async () => {
  const { decompress } = await loadZstd()
  const text = Buffer.from('a session, line by line\n'.repeat(200_000))
  expect(Buffer.from(decompress(zstdStream(text))).equals(text)).toBe(true)
})
