import { defineSlot, type MessageEditor } from 'lunaroute'
import type { Routable } from './facts.ts'

/** What the markers of a request say. */
export interface Marked {
  /** The first marker's name: a rule, a provider or an alias. Undefined where there is none. */
  name: string | undefined
  /** There was more than one name. */
  isAmbiguous: boolean
}

export const markedSlot = defineSlot<Marked>('route marker', () => ({ name: undefined, isAmbiguous: false }))

const OPENING = '[LUNAROUTE:'
/** A search halts at the first letter of what it looks for: a capital R is rarer than a bracket, in code and in prose. */
const OPENING_END = Buffer.from(OPENING.slice(-6))
const MARKER = /\[LUNAROUTE:([A-Za-z0-9._-]+)\]/g
/** A hook of an assistant puts what it adds to a prompt into such a frame. */
const FRAMED = /<system-reminder>\s*(?:\[LUNAROUTE:[A-Za-z0-9._-]+\]\s*)+<\/system-reminder>/g

/** The markers of a request's last user message, in order, and its body without any. */
export interface Stripped {
  readonly names: readonly string[]
  readonly body: object
}

/**
 * Undefined where no user message has a marker, which a search of the bytes nearly always tells. Only those of the last
 * count. Those of earlier ones go as well: they were taken out when these were the last, and a provider keeps its cache
 * for a conversation that begins as it did before.
 */
export function stripMarkers(request: Routable): Stripped | undefined {
  const { endpoint, dialect, bytes } = request
  if (endpoint.body !== 'json' || !dialect.messages || !bytes.includes(OPENING_END)) return undefined
  const given = request.json()
  if (!isObject(given)) return undefined
  const names: string[] = []
  const last = dialect.messages.editLastUser(given, text => {
    names.push(...[...text.matchAll(MARKER)].map(([, name]) => name!))
    return stripped(text)
  })
  const body = dialect.messages.editUsers(last, stripped)
  return body === given ? undefined : { names, body }
}

function stripped(text: string): string {
  if (!text.includes(OPENING)) return text
  const rest = text.replace(FRAMED, '').replace(MARKER, '')
  return rest === text ? text : rest.trim() === '' ? '' : rest
}

type Body = Parameters<MessageEditor['editLastUser']>[0]

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
