import { readFileSync } from 'node:fs'
import { inventedKey } from './invented-keys.ts'

export interface Label {
  readonly type: string
  readonly start: number
  readonly end: number
}

export interface Example {
  /** Where such text comes from: chat, code, json, log or tool. */
  readonly context: string
  readonly text: string
  readonly labels: readonly Label[]
  /** Detectors were written with the one half in view, and are judged by the other as well. */
  readonly half: 'seen' | 'held out'
}

/** The labelled set: `[[type|value]]` marks what is to be found, and `@name` in it stands for an invented key. */
export function labelledSet(): readonly Example[] {
  const lines = readFileSync(new URL('labelled.jsonl', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line, index) => {
    const { context, text } = JSON.parse(line) as { context: string; text: string }
    return { context, ...unmarked(text, index), half: index % 2 === 0 ? 'seen' : 'held out' }
  })
}

function unmarked(marked: string, seed: number): { readonly text: string; readonly labels: readonly Label[] } {
  const labels: Label[] = []
  let text = ''
  let copied = 0
  for (const { index, 0: mark, 1: type = '', 2: written = '' } of marked.matchAll(/\[\[(\w+)\|(.*?)\]\]/g)) {
    text += marked.slice(copied, index)
    const value = written.startsWith('@') ? inventedKey(written.slice(1), String(seed)) : written
    labels.push({ type, start: text.length, end: text.length + value.length })
    text += value
    copied = index + mark.length
  }
  return { text: text + marked.slice(copied), labels }
}
