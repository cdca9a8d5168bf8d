import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { CommandFailure } from './failure.ts'

/** A request that somebody wrote down. Header names are lower case. */
export interface WrittenRequest {
  readonly method: string
  readonly path: string
  /** Without its `?`. */
  readonly query: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** What a file that is a body alone does not say. */
export interface RequestFlags {
  readonly path?: string
  readonly method?: string
}

/** Reads `{ method, path, headers, body }`, headers being an object or a list of pairs, or a body alone. */
export async function readRequest(file: string, flags: RequestFlags): Promise<WrittenRequest> {
  const written = parse(file, await read(file))
  const isWhole = isRecord(written) && typeof written.path === 'string'
  const target = flags.path ?? (isWhole ? String(written.path) : undefined)
  if (target === undefined) {
    throw new CommandFailure(`${file} names no path, so it is taken for a body: say with --path what it is sent to.`)
  }
  const { pathname, search } = new URL(target, 'http://gateway')
  const headers = isWhole ? pairsOf(written.headers) : []
  const method = flags.method ?? (isWhole && typeof written.method === 'string' ? written.method : 'POST')
  return {
    method: method.toUpperCase(),
    path: pathname,
    query: search.slice(1),
    headers: new Map(headers.map(([name, value]) => [name.toLowerCase(), value])),
    body: bytesOf(isWhole ? written.body : written),
  }
}

async function read(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? error}).`)
  }
}

function parse(file: string, content: string): unknown {
  try {
    return JSON.parse(content)
  } catch (error) {
    throw new CommandFailure(`${file === '-' ? 'standard input' : file} is not JSON: ${(error as Error).message}`)
  }
}

function pairsOf(headers: unknown): [name: string, value: string][] {
  if (Array.isArray(headers)) return headers.filter(Array.isArray).map(([name, value]) => [String(name), String(value)])
  return isRecord(headers) ? Object.entries(headers).map(([name, value]) => [name, String(value)]) : []
}

function bytesOf(body: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
