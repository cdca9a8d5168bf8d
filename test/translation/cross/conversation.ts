import type { Block, MediaSource, Message, NeutralRequest, ToolResultBlock } from 'lunaroute/neutral'
import { canonical } from './shared-subset.ts'

/** One thing that is said in a conversation, as it is compared. */
export interface Utterance {
  /** Who says it and what: equal keys are the same. */
  readonly key: string
  /** Where it stood in the client's request. */
  readonly path: string
  /** What is said about it: a name, a cache breakpoint. */
  readonly about: Readonly<Record<string, unknown>>
}

/** How a target has to say things, where there is no other way in it. */
export interface Manner {
  /** Chat: one text in each turn of the assistant, before its calls. */
  readonly isOneText: boolean
  /** Chat and Responses: a failed result begins with a word. */
  readonly isErrorInWords: boolean
  /** Messages and Gemini: no developer, and no refusal apart from a text. */
  readonly hasFewRoles: boolean
}

/** Everything that is said, in order. Borders between texts and turns carry no meaning across dialects. */
export function conversationOf(
  { messages }: NeutralRequest,
  manner: Manner,
  asKnown: (block: Block) => Block,
): readonly Utterance[] {
  const calls = new Map<string, number>()
  return messages.flatMap(message => {
    const role = message.role === 'developer' && manner.hasFewRoles ? 'system' : message.role
    const blocks = manner.isOneText && role === 'assistant' ? joined(message.content) : message.content
    const said = blocks.flatMap(block => utter(block, role, message, { calls, manner, asKnown }))
    // Media of results follow the results of their turn.
    const isMedia = ({ key }: Utterance) => key.startsWith('media')
    return role === 'tool' ? [...said.filter(each => !isMedia(each)), ...said.filter(isMedia)] : said
  })
}

interface Saying {
  readonly calls: Map<string, number>
  readonly manner: Manner
  readonly asKnown: (block: Block) => Block
}

function utter(block: Block, role: string, message: Message, saying: Saying): readonly Utterance[] {
  const path = block.at ?? message.at ?? ''
  const about = {
    cacheMark: markOf(block),
    state: block.state?.data,
    speaker: message.name,
  }
  const say = (key: string, more: object = {}): Utterance => ({ key, path, about: present({ ...about, ...more }) })
  switch (block.type) {
    case 'text':
      return block.text === '' ? [] : [say(`${role} text ${block.text}`)]
    case 'refusal':
      return block.text === '' ? [] : [say(`${role} ${saying.manner.hasFewRoles ? 'text' : 'refusal'} ${block.text}`)]
    case 'image':
    case 'document':
    case 'audio':
    case 'video': {
      const text = textIn(block.source)
      if (text !== undefined) return [say(`${role} text ${text}`, labels(block))]
      if (block.source?.type === 'blocks') {
        return block.source.content.flatMap(inner => utter({ ...inner, at: path }, role, message, saying))
      }
      return [say(`media ${block.type} ${canonical(addressOf(block.source))}`, labels(block))]
    }
    case 'toolCall': {
      const known = saying.asKnown(block)
      if (known.type !== 'toolCall') return []
      saying.calls.set(block.callId, saying.calls.size)
      const name =
        known.namespace === undefined || known.namespace === known.name
          ? known.name
          : `${known.namespace}/${known.name}`
      return [say(`call ${name} ${known.inputType === 'text' ? known.input : jsonOf(known.input)}`)]
    }
    case 'toolResult':
      return [
        say(`result ${saying.calls.get(block.callId)} ${wordsOf(block, saying.manner)}`),
        ...mediaOf(block, path, message, saying),
      ]
    case 'reasoning':
      return [say(`reasoning ${block.parts.map(({ text }) => text).join('')}`)]
    default:
      return [say(`${block.type} ${canonical(block)}`)]
  }
}

function labels(block: Block): object {
  if (block.type === 'image') return { detail: block.detail === 'auto' ? undefined : block.detail }
  if (block.type !== 'document') return {}
  return { label: block.title ?? block.filename, context: block.context, isCitable: block.isCitable || undefined }
}

/** The texts of a turn as one, before the rest of it. */
function joined(blocks: readonly Block[]): readonly Block[] {
  const texts = blocks.filter(block => block.type === 'text')
  const refusals = blocks.filter(block => block.type === 'refusal')
  const others = blocks.filter(block => block.type !== 'text' && block.type !== 'refusal')
  const one = texts.length < 2 ? texts : [{ ...texts[0]!, text: texts.map(({ text }) => text).join('') }]
  return [...one, ...refusals, ...others]
}

/** What a tool said in words, text files included. An object is the same as its JSON. */
function wordsOf({ content, isError }: ToolResultBlock, manner: Manner): string {
  const text = content.flatMap(wordsIn).join('').replaceAll('\n', '')
  const isMarked = isError === true && manner.isErrorInWords && !text.startsWith('Error:')
  const said = text === '' ? '' : jsonOf(text)
  return `${isMarked ? 'Error:' : ''}${said}${isError && !manner.isErrorInWords ? ' (failed)' : ''}`
}

function wordsIn(block: Block): readonly string[] {
  if (block.type === 'toolReference') return [block.name]
  if (block.type === 'document') return [textIn(block.source) ?? []].flat()
  return block.type === 'text' && !LEFT_OUT.test(block.text) ? [block.text] : []
}

/** Words that stand in the place of a picture or a file. */
const LEFT_OUT = /^\[\w+ left out: /

/** The rest of a result, and words in the place of it. */
function mediaOf({ content }: ToolResultBlock, path: string, message: Message, saying: Saying): readonly Utterance[] {
  return content
    .filter(block => wordsIn(block).length === 0)
    .flatMap(block => utter({ ...block, at: block.at ?? path }, 'tool', message, saying))
}

/** In OpenAI's dialects the breakpoint of a result stands on its last part. */
function markOf(block: Block): string | undefined {
  const last = block.type === 'toolResult' ? block.content.at(-1) : undefined
  const mark = block.cacheMark ?? last?.cacheMark
  return mark && (mark.ttl ?? 'set')
}

function textIn(source: MediaSource | undefined): string | undefined {
  if (source?.type === 'text') return source.text
  if (source?.type !== 'base64' || !/^(text\/|application\/json)/.test(source.mediaType)) return undefined
  return Buffer.from(source.data, 'base64').toString()
}

/** Where the bytes are; the type of what is elsewhere is a guess by its ending. */
function addressOf(source: MediaSource | undefined): unknown {
  return source?.type === 'url' ? source.url : source?.type === 'base64' ? [source.mediaType, source.data] : source
}

function jsonOf(text: string): string {
  try {
    return text === '' ? '{}' : canonical(JSON.parse(text))
  } catch {
    return text
  }
}

function present(object: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
