import { describe, expect, it } from 'vitest'
import { hasCorpus } from './corpus.ts'
import { checkMessagesStream } from './grammar/anthropic-messages.ts'
import { checkChatStream } from './grammar/openai-chat.ts'
import { answersIn, plainOf, streamRecordings } from './stream-corpus.ts'

const SPLICED = 'the recording was cut and an error put in its place, with a [DONE] after it'

/** Recordings of the dialects' own hosts that break a rule: which, and why that says nothing against the rule. */
const OFFICIAL: Readonly<Record<string, readonly [rules: string, reason: string]>> = {
  'spliced.openai_chat_server_error_done_text0.a5a5d3e0': ['after-error no-finish', SPLICED],
  'spliced.openai_chat_server_error_done_tool0.0ce730c8': ['after-error arguments no-finish', SPLICED],
  'pydantic_ai.test_openai_moderation_stream.e96163fb': [
    'empty-choices',
    'a chunk of its own tells what moderation found',
  ],
  'ai.anthropic_programmatic_tool_calling_1.6cae9d4f': [
    'head-input start-content start-stop stop-place',
    'calls made by the code sandbox come whole, in answers without any delta',
  ],
  'ai.anthropic_web_fetch_tool_20260209_1.dcd4fab2': ['head-input', 'a call made by the code sandbox comes whole'],
  'ai.spliced_message_start.b2fc3323': ['block-index overlap start-again', 'two answers put into one by hand'],
  'anthropic_sdk_python.incomplete_partial_json_response.5a03934d': ['block-open', 'written by hand to be incomplete'],
}

/** What other servers make of Chat. Decoders bear it; encoders must not do it. */
const COMPATIBLE: Readonly<Record<string, string>> = {
  'after-error': 'OpenRouter says [DONE] after an error',
  'after-usage': 'a proxy puts usage on every chunk',
  arguments: 'no arguments at all for a tool without parameters',
  content: "Mistral's content is a list of parts while it thinks",
  'empty-choices': 'Azure begins with what its filter found in the prompt',
  'event-name': 'Groq names its error event',
  'finish-missing': 'xAI and others leave out a finish_reason that is null',
  'finish-twice': 'OpenRouter says it again with the usage',
  'head-changes': 'Azure, Ollama, xAI, Groq: id, model or time change within the stream',
  id: 'Azure has none on its first chunk',
  model: 'Azure has none on its first chunk',
  'no-done': 'Perplexity and Hugging Face close the stream instead',
  'no-finish': 'Snowflake ends with [DONE] alone; a proxy drops the second choice',
  'no-role': 'Cloudflare names no speaker',
  object: 'Perplexity says chat.completion',
  'role-again': 'most name the speaker on every chunk',
  'usage-incomplete': 'Databricks counts null tokens until the end',
  'usage-twice': 'usage so far on every chunk',
  'usage-with-choices': 'usage on the chunk that finishes',
}

const excused = new Set<string>()

if (!hasCorpus) console.warn('grammar on recordings skipped: there is no ../shared/corpus beside the repository')

describe.skipIf(!hasCorpus)('the grammars hold for what was recorded', () => {
  it('108 answers of Anthropic are legal Messages streams, but for four', () => {
    expect(problemsOf('anthropic-messages', checkMessagesStream, () => true)).toEqual([108, []])
  })

  it('56 answers of OpenAI are legal Chat streams, but for three', () => {
    expect(problemsOf('openai-chat', checkChatStream, provider => provider === 'openai')).toEqual([56, []])
  })

  it('62 answers of other servers break only the rules they are known to break', () => {
    const [count, problems] = problemsOf('openai-chat', checkChatStream, provider => provider !== 'openai')
    const rules = new Set(problems.map(problem => problem.split(' ')[1]!.replace(':', '')))
    expect(count).toBe(62)
    expect([...rules].sort()).toEqual(Object.keys(COMPATIBLE).sort())
  })

  it('has no exception that is not needed', () => {
    expect([...excused].sort()).toEqual(Object.keys(OFFICIAL).sort())
  })
})

function problemsOf(
  api: string,
  check: typeof checkChatStream,
  isMeant: (provider: string) => boolean,
): readonly [number, readonly string[]] {
  let answers = 0
  const problems = streamRecordings(api).flatMap(({ id, provider, frames }) => {
    if (!isMeant(provider)) return []
    const all = answersIn(frames)
    answers += all.length
    const found = all.flatMap(answer => check(plainOf(answer)))
    const rules = [...new Set(found.map(problem => problem.split(':')[0]))].sort().join(' ')
    if (rules !== '' && OFFICIAL[id]?.[0] === rules) {
      excused.add(id)
      return []
    }
    return found.map(problem => `${id} ${problem}`)
  })
  return [answers, problems]
}
