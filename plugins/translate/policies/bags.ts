import { type Extra, isObject } from 'lunaroute/neutral'
import type { Policy, PolicyContext } from '../policy.ts'

/** Reports what only the client's dialect could say: the fields its reader kept and no other writer takes. */
export const reportBags: Policy = (request, context) => {
  if (request.dialect !== context.dialect) walk(request, '', '', context, request.dialect)
  return request
}

/** `at` is the native path of the nearest object that has one, `path` the neutral one of a parameter. */
function walk(value: unknown, at: string, path: string, context: PolicyContext, dialect: string): void {
  if (Array.isArray(value)) {
    // Elements without a path of their own are told by the place they have in their holder's.
    for (const [i, each] of value.entries()) walk(each, at === '' ? '' : `${at}[${i}]`, path, context, dialect)
    return
  }
  if (!isObject(value)) return
  const here = typeof value.at === 'string' ? value.at : at || native(path, context)
  if (isObject(value.extra)) report((value.extra as Extra)[dialect]?.fields ?? {}, here, context)
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'extra' || OPAQUE.has(key) || typeof inner !== 'object') continue
    const isList = key === 'messages' || key === 'tools' || key === 'content'
    const holder = typeof value.at === 'string' ? here : at
    walk(inner, holder === '' ? '' : `${holder}.${key}`, isList ? path : joined(path, key), context, dialect)
  }
}

/** Schemas, results and what another dialect's block holds whole are not the form's own. */
const OPAQUE: ReadonlySet<string> = new Set(['parameters', 'schema', 'resultSchema', 'value', 'logitBias', 'metadata'])

function report(fields: Readonly<Record<string, unknown>>, at: string, context: PolicyContext): void {
  for (const [key, value] of Object.entries(fields)) {
    // A null says nothing, and neither does an empty object that was read whole.
    if (value === null || (isObject(value) && Object.keys(value).length === 0)) continue
    if (key.startsWith('@') && isObject(value)) {
      report(value, at.slice(0, at.lastIndexOf('.')), context)
      continue
    }
    const path = at === '' ? key : `${at}.${key}`
    // What is left of an object that was understood in part is not the whole of it.
    const isPart = isObject(value) && Object.values(context.parameters).some(each => each.startsWith(`${path}.`))
    if (isPart) report(value, path, context)
    else context.diagnostics.dropped(path, 'the target dialect has no such field')
  }
}

function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function native(path: string, { parameters }: PolicyContext): string {
  if (path === '') return ''
  return Object.hasOwn(parameters, path) ? parameters[path]! : path
}
