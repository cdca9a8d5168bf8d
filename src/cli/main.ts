#!/usr/bin/env node
import '../node-flags.ts'
import { exitCodeOf, sentenceOf } from './failure.ts'
import { createProgram } from './program.ts'

try {
  await createProgram().parseAsync()
} catch (error) {
  process.stderr.write(`${sentenceOf(error)}\n`, () => process.exit(exitCodeOf(error)))
}
