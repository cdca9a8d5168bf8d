import http, { type IncomingMessage, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import type { Config } from '../../src/config/define.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { Gateway } from '../../src/gateway.ts'
import { createLog } from '../../src/log.ts'
import { freePort } from './free-port.ts'

export interface ServingGateway {
  readonly url: string
  readonly port: number
  readonly gateway: Gateway
  /** The log's lines so far, parsed. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** Swaps the configuration that the next reload reads. */
  use(config: Config): void
  close(): Promise<void>
}

/** A gateway in this process, with nothing of the machine's own configuration in it. */
export async function serve(config: Config, env: NodeJS.ProcessEnv = {}): Promise<ServingGateway> {
  const lines: Record<string, unknown>[] = []
  const port = await freePort()
  const listening = (given: Config): Config => (given.listeners ? given : { port, ...given })
  let current = listening(config)
  const folder = tmpdir()
  const gateway = await Gateway.start({
    load: () => loadConfig({ cwd: folder, home: folder, env, config: current }),
    openLog: settings => createLog(settings, { write: line => lines.push(JSON.parse(line)) }),
    watch: false,
  })
  const at = gateway.listeners()[0]!.port
  return {
    url: `http://127.0.0.1:${at}`,
    port: at,
    gateway,
    lines,
    use: next => {
      current = listening(next)
    },
    close: () => gateway.close(),
  }
}

/** What an upstream got. */
export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

export interface Upstream {
  readonly url: string
  readonly received: readonly Received[]
  close(): Promise<void>
}

/** A provider on loopback. Without `answer` it sends a JSON object for everything. */
export async function startUpstream(answer: RequestListener = sendJson): Promise<Upstream> {
  const received: Received[] = []
  const server = http.createServer(async (request, response) => {
    const body = await bodyOf(request)
    received.push({ method: request.method!, url: request.url!, headers: request.headers, body })
    answer(request, response)
  })
  const port = await freePort()
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close: () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  // A body that breaks off is a test's own doing.
  await new Promise(resolve => request.on('data', part => parts.push(part)).on('close', resolve))
  return Buffer.concat(parts)
}

const sendJson: RequestListener = (_request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end('{"ok":true}')
}

/** Every provider at one upstream. */
export function providersAt(url: string): NonNullable<Config['providers']> {
  return {
    openai: { base_url: `${url}/v1`, api_key: 'gateway-openai-key' },
    anthropic: { base_url: url, api_key: 'gateway-anthropic-key' },
    gemini: { base_url: url, api_key: 'gateway-gemini-key' },
  }
}

/** Waits until `claim` holds; for what happens after the client has its answer. */
export async function until(claim: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!claim()) {
    if (Date.now() > deadline) throw new Error(`it never came about: ${claim}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
