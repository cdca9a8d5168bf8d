import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Tests of time, memory and whole processes: they would disturb each other, so each runs alone, after all others. */
const ALONE = [
  'test/load/**/*.test.ts',
  'test/reload/**/*.test.ts',
  'test/cli/**/*.test.ts',
  'test/package/**/*.test.ts',
  'test/faults/slow-client.test.ts',
  'test/resilience/client-leaves.test.ts',
]

export default defineConfig({
  root,
  test: {
    reporters: ['default', `${root}test/closing-line-reporter.ts`],
    globalSetup: [`${root}test/home/folder.ts`],
    setupFiles: [`${root}test/home/private.ts`],
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts', 'plugins/**/*.test.ts', 'docs/**/*.test.ts'],
          exclude: ALONE,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
  resolve: {
    alias: [
      { find: /^lunaroute$/, replacement: `${root}src/index.ts` },
      { find: /^lunaroute\/neutral$/, replacement: `${root}src/neutral/index.ts` },
      { find: /^lunaroute\/sessions$/, replacement: `${root}src/sessions/index.ts` },
      { find: /^lunaroute\/testing$/, replacement: `${root}src/testing.ts` },
      { find: /^lunaroute\/plugins\/(.+)$/, replacement: `${root}plugins/$1/index.ts` },
      { find: /^lunaroute\/presets\/(.+)$/, replacement: `${root}presets/$1.ts` },
    ],
  },
})
