import type { Endpoint, RequestHead } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import gemini from 'lunaroute/plugins/gemini'
import openai from 'lunaroute/plugins/openai'

/** The dialects that come with LunaRoute, in the order of the presets. */
export const dialects = [openai(), anthropic(), gemini()].flatMap(plugin => plugin.dialects)

/** The names of the dialects that serve a request's path. */
export function serving(head: RequestHead): string[] {
  return dialects.filter(({ endpoints }) => endpoints.some(endpoint => fits(endpoint, head))).map(({ name }) => name)
}

/** The names of the dialects that claim a request. */
export function claiming(head: RequestHead): string[] {
  return dialects.filter(dialect => dialect.claims(head)).map(({ name }) => name)
}

export function headOf(method: string, target: string, headers: Iterable<readonly [string, string]> = []): RequestHead {
  const fields = new Map([...headers].map(([name, value]) => [name.toLowerCase(), value]))
  const [path = '', query = ''] = target.split('?')
  return { method, path, query, get: name => fields.get(name), has: name => fields.has(name) }
}

function fits({ method, path, query = {} }: Endpoint, head: RequestHead): boolean {
  const pattern = path.split(/(\{\w+\})/).map(part => {
    if (part === '{model}') return '.+'
    return part.startsWith('{') ? '[^/]+' : part.replace(/[.$]/g, '\\$&')
  })
  const given = new URLSearchParams(head.query)
  const hasQuery = Object.entries(query).every(([name, value]) => given.get(name) === value)
  return method === head.method && hasQuery && new RegExp(`^${pattern.join('')}$`).test(head.path)
}
