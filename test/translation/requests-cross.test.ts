import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { GatewayError } from 'lunaroute'
import type { Codec, JsonObject } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { messagesCodec } from '../../plugins/anthropic/codec/index.ts'
import { geminiCodec } from '../../plugins/gemini/codec/index.ts'
import { chatCodec } from '../../plugins/openai/codec/chat/index.ts'
import { responsesCodec } from '../../plugins/openai/codec/responses/index.ts'
import { Memory } from '../../plugins/translate/memory.ts'
import { applyPolicies } from '../../plugins/translate/policies/index.ts'
import { Profiles } from '../../plugins/translate/profiles/index.ts'
import { Recorder } from '../../plugins/translate/recorder.ts'
import { Reversal } from '../../plugins/translate/reversal.ts'
import { hasCorpus, recordings } from './corpus.ts'

const CODECS: readonly Codec[] = [chatCodec, responsesCodec, messagesCodec, geminiCodec]
const MODELS: Readonly<Record<string, string>> = {
  'openai-chat': 'gpt-4o',
  'openai-responses': 'gpt-5',
  'anthropic-messages': 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
}
/** Requests whose translation the official description of the target refuses, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'pydantic_ai.test_reasoning_wire_contract_groq_gpt_oss_thinking_merge.f2546b21': "Groq's own service tier",
  'pydantic_ai.test_reasoning_wire_contract_groq_qwen3_disable_merges_u.df12d082': "Groq's own service tier",
}
const profiles = new Profiles({})

describe.skipIf(!hasCorpus)('recorded requests, as another provider gets them', () => {
  for (const client of CODECS) {
    for (const target of CODECS.filter(each => each !== client)) {
      it(`${client.dialect} -> ${target.dialect}`, () => {
        const isValid = validator(target.dialect)
        const problems: string[] = []
        const refusals = new Map<string, number>()
        for (const { id, body, status } of recordings(client.dialect, 'request.json')) {
          if (status >= 400) continue
          try {
            const written = translated(client, target, body)
            if (!Object.hasOwn(EXCEPTIONS, id) && !isValid(JSON.parse(JSON.stringify(written)))) {
              const [first] = isValid.errors ?? []
              problems.push(`${id}: ${first?.instancePath} ${first?.message}`)
            }
          } catch (error) {
            if (!(error instanceof GatewayError) || error.code !== 'LR_UNSUPPORTED') throw error
            refusals.set(error.param ?? '', (refusals.get(error.param ?? '') ?? 0) + 1)
          }
        }
        expect(problems).toEqual([])
      })
    }
  }
})

function translated(client: Codec, target: Codec, body: JsonObject): JsonObject {
  const recorder = new Recorder(client, false)
  const model = MODELS[target.dialect]!
  const profile = profiles.find(model, target.dialect, target.limits)
  const context = {
    profile,
    diagnostics: recorder,
    dialect: target.dialect,
    provider: 'p',
    parameters: client.parameters,
    memory: new Memory(),
    reversal: new Reversal(),
  }
  const request = applyPolicies(client.readRequest({ body, model: 'm' }), context)
  return target.writeRequest(request, { profile, diagnostics: recorder, model }).body
}

function validator(dialect: string): ValidateFunction {
  const folder = fileURLToPath(new URL('../../../shared/schemas/', import.meta.url))
  // Real clients of Messages send betas with every request.
  const name = dialect === 'anthropic-messages' ? 'anthropic-messages-beta' : dialect
  const schema = JSON.parse(readFileSync(`${folder}relaxed/${name}.schema.json`, 'utf8'))
  const roots = JSON.parse(readFileSync(`${folder}roots.json`, 'utf8'))
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(schema)
  return ajv.compile({ $ref: `relaxed/${roots[name].request}` })
}
