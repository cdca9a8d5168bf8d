import { expect, it } from 'vitest'
import { loadZstd as loadElsewhere } from '../session-sqlite/zstd.ts'
import { loadZstd } from './zstd.ts'

it('packs and unpacks however often, and by however many plugins and copies of them, it is loaded', async () => {
  // A reload evaluates a plugin's modules again, while packages stay what they are.
  const again = (await import(`${new URL('./zstd.ts', import.meta.url).href}?again`)) as typeof import('./zstd.ts')
  const text = Buffer.from('a session, line by line\n'.repeat(20_000))
  const first = await loadZstd()
  const packed = first.compress(text)
  for (let i = 0; i < 20; i++) {
    await Promise.all([loadZstd(), loadElsewhere(), again.loadZstd()])
    expect(Buffer.from(first.decompress(packed)).equals(text)).toBe(true)
  }
  expect(packed.length).toBeLessThan(text.length / 10)
})
