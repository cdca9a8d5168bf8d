import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that a scripted provider was sent. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
}

/** One answer of a scripted provider. */
export interface Script {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** A JSON body. */
  readonly json?: unknown
  /** A stream, event by event; each in a packet of its own. */
  readonly events?: readonly string[]
  /** Milliseconds of silence between the head and the first event. */
  readonly pause?: number
  /** The connection is cut after the body. */
  readonly isCut?: boolean
  /** The connection stays open after the body. */
  readonly isHeld?: boolean
}

export interface ScriptedProvider {
  readonly url: string
  readonly received: readonly Received[]
  /** How many of its answers the gateway broke off. */
  readonly aborted: number
  /** What it answers next, in order; the last answer goes on for ever. */
  script(...answers: readonly Script[]): void
  close(): Promise<void>
}

/** A provider on a loopback port that says what it is told to. */
export async function scriptedProvider(): Promise<ScriptedProvider> {
  const received: Received[] = []
  let answers: Script[] = []
  let aborted = 0
  const server = createServer((message, response) => {
    const parts: Buffer[] = []
    response.on('close', () => {
      if (!response.writableEnded) aborted++
    })
    message.on('data', (part: Buffer) => parts.push(part))
    message.on('end', () => {
      const text = Buffer.concat(parts).toString()
      const { method = '', url = '', headers } = message
      received.push({ method, path: url, headers, body: text === '' ? {} : JSON.parse(text) })
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      void say(response, answer ?? { status: 500, json: { error: 'nothing scripted' } })
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    get aborted() {
      return aborted
    },
    script: (...next) => {
      answers = [...next]
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function say(
  response: ServerResponse,
  { status = 200, headers = {}, json, events, isCut, isHeld, pause }: Script,
) {
  const type = events ? 'text/event-stream' : 'application/json'
  response.writeHead(status, { 'content-type': type, ...headers })
  if (pause) {
    response.flushHeaders()
    await new Promise(resolve => setTimeout(resolve, pause))
  }
  for (const event of events ?? [JSON.stringify(json)]) {
    response.write(event)
    await new Promise(resolve => setImmediate(resolve))
  }
  if (isCut) response.socket?.destroy()
  else if (!isHeld) response.end()
}

/** Server-sent events of the Messages dialect. */
export function messageEvents(...events: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return events.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
}

/** Server-sent events without names, as Chat and Gemini send them. */
export function dataEvents(...events: readonly (Readonly<Record<string, unknown>> | string)[]): readonly string[] {
  return events.map(event => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
}
