import { readFileSync } from 'node:fs'

// package.json stands one folder above src, and one more above dist/src.
const root = import.meta.url.endsWith('.ts') ? '..' : '../..'

export const VERSION: string = JSON.parse(
  readFileSync(new URL(`${root}/package.json`, import.meta.url), 'utf8'),
).version
