import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Diagnostics, JsonObject, NeutralRequest, RequestContext, ResponseContext } from 'lunaroute/neutral'

const shared = fileURLToPath(new URL('../../../shared/', import.meta.url))

/** Whether the recordings are there: a sibling of the repository that is not part of it. */
export const hasCorpus = existsSync(`${shared}corpus`)

/** A recorded JSON body. */
export interface Recording {
  readonly id: string
  readonly body: JsonObject
  readonly status: number
}

/** The recorded JSON bodies of one API that are objects. */
export function recordings(api: string, file: 'request.json' | 'response.json'): readonly Recording[] {
  const root = `${shared}corpus/${api}`
  return readdirSync(root)
    .filter(id => existsSync(`${root}/${id}/${file}`))
    .map(id => ({
      id,
      body: readJson(`${root}/${id}/${file}`),
      status: Number(readJson(`${root}/${id}/meta.json`).status),
    }))
    .filter(({ body }) => typeof body === 'object' && body !== null && !Array.isArray(body))
}

/** Requests that real clients sent to a path, or to any that match. */
export function captures(path: string | RegExp): readonly Recording[] {
  return readdirSync(`${shared}captures`).flatMap(client =>
    readdirSync(`${shared}captures/${client}`)
      .filter(name => name !== 'index.json')
      .map(name => ({ id: `${client}/${name}`, capture: readJson(`${shared}captures/${client}/${name}`) }))
      .filter(({ capture }) => isAt(String(capture.path).split('?')[0]!, path))
      // A WebSocket's upgrade has no body.
      .filter(({ capture }) => capture.body !== null)
      .map(({ id, capture }) => ({ id, body: asObject(capture.body), status: 200 })),
  )
}

/** JSON with the keys of every object in one order: equal texts are equal JSON. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** A context that fails the test on any loss: a dialect loses nothing of its own. */
export function strictContext(request: NeutralRequest): RequestContext & ResponseContext {
  const fail = (path: string, reason: string): never => {
    throw new Error(`${path}: ${reason}`)
  }
  const diagnostics: Diagnostics = { isStrict: true, dropped: fail, changed: fail, refused: fail }
  return { profile: {}, diagnostics, request, model: undefined as never, now: () => 0, id: prefix => `${prefix}0` }
}

function isAt(path: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? path === wanted : wanted.test(path)
}

function asObject(value: unknown): JsonObject {
  return (typeof value === 'string' ? JSON.parse(value) : value) as JsonObject
}

function readJson(file: string): JsonObject {
  return JSON.parse(readFileSync(file, 'utf8')) as JsonObject
}
