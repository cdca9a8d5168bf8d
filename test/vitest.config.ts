import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

export default defineConfig({
  root,
  resolve: {
    alias: [
      { find: /^lunaroute$/, replacement: `${root}src/index.ts` },
      { find: /^lunaroute\/neutral$/, replacement: `${root}src/neutral/index.ts` },
      { find: /^lunaroute\/testing$/, replacement: `${root}src/testing.ts` },
      { find: /^lunaroute\/plugins\/(.+)$/, replacement: `${root}plugins/$1/index.ts` },
      { find: /^lunaroute\/presets\/(.+)$/, replacement: `${root}presets/$1.ts` },
    ],
  },
  test: {
    include: [
      'test/**/*.test.ts',
      'docs/**/*.test.ts',
      'plugins/**/*.test.ts',
      'presets/**/*.test.ts',
      'src/**/*.test.ts',
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', `${root}test/closing-line-reporter.ts`],
  },
})
