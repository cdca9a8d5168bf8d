import { existsSync } from 'node:fs'
import type { Config } from '../../src/config/define.ts'
import { providersAt } from './dialects.ts'
import { type RunningGateway, startGateway } from './gateway.ts'
import type { HeaderLine } from './http-message.ts'
import { type RawResponse, send } from './raw-client.ts'
import { type Answered, changes } from './unchanged.ts'
import { type ReceivedRequest, startUpstream, type Upstream } from './upstream.ts'
import type { Answer } from './wire.ts'

export type { RunningGateway }

/** What the tests run with: every feature that is on by default, and so every one that could change a byte. */
export const PRESET = existsSync(new URL('../../presets/local.ts', import.meta.url)) ? 'local' : 'passthrough'

/** A gateway whose three providers are one scripted upstream. */
export interface Rig {
  readonly gateway: RunningGateway
  readonly upstream: Upstream
  close(): Promise<void>
}

/** Starts both; until a test scripts it, the upstream answers everything with an empty object. */
export async function startRig(config: Config = {}): Promise<Rig> {
  const upstream = await startUpstream(async (request, wire) => {
    await request.complete
    await wire.answer({ headers: [['content-type', 'application/json']], body: '{}' })
  })
  const gateway = await startGateway({ port: 0, extends: [PRESET], providers: providersAt(upstream.url), ...config })
  return {
    gateway,
    upstream,
    close: async () => {
      await gateway.close()
      await upstream.close()
    },
  }
}

export interface Roundtrip {
  readonly request: ReceivedRequest
  readonly response: RawResponse
  /** What the gateway changed, as sentences. */
  readonly changes: readonly string[]
}

export interface Outgoing {
  readonly method?: string
  readonly target: string
  readonly headers?: readonly HeaderLine[]
  readonly body?: string | Uint8Array
}

/** Sends one request through the gateway, has the upstream answer it, and compares both sides. */
export async function roundtrip(rig: Rig, outgoing: Outgoing, answer: Answer): Promise<Roundtrip> {
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.answer(answer)
  }
  const arrived = rig.upstream.nextRequest()
  const response = await send(rig.gateway.port, outgoing)
  const received = await Promise.race([arrived, Promise.resolve(null)])
  if (!received) throw new Error(`the request never reached the provider: ${response.status} ${response.body}`)
  const sent = {
    method: outgoing.method ?? 'GET',
    target: outgoing.target,
    headers: outgoing.headers ?? [],
    body: Buffer.from(outgoing.body ?? ''),
  }
  return { request: received, response, changes: changes(sent, received, answered(answer, sent.method), response) }
}

function answered(answer: Answer, method: string): Answered {
  const body = answer.pieces ? Buffer.concat(answer.pieces) : Buffer.from(answer.body ?? '')
  return {
    status: answer.status ?? 200,
    headers: (answer.headers ?? []).filter(([name]) => name.toLowerCase() !== 'content-length'),
    body: method === 'HEAD' ? Buffer.alloc(0) : body,
  }
}
