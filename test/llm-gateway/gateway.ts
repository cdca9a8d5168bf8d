import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load-config.ts'
import { Gateway } from '../../src/gateway.ts'
import { createLog } from '../../src/log.ts'
import { freePort } from '../support/free-port.ts'
import { type ScriptedProvider, scriptedProvider } from '../support/scripted-provider.ts'

/** The example of the documents, which names no preset. */
export const EXAMPLE = readFileSync(new URL('../../docs/examples/llm-gateway.toml', import.meta.url), 'utf8')

/** An LLM Gateway before three scripted providers. */
export interface LlmGateway {
  readonly url: string
  readonly gateway: Gateway
  readonly logs: readonly string[]
  readonly openai: ScriptedProvider
  readonly anthropic: ScriptedProvider
  readonly gemini: ScriptedProvider
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** The value of one series of `/metrics`, with its labels in the order of the page. */
  metric(series: string): Promise<number | undefined>
  close(): Promise<void>
}

export const BEARER = { authorization: 'Bearer sk-gateway-001' }

/** Starts the documents' own example: only addresses are set, by the variables it has for that. */
export async function startLlmGateway(env: NodeJS.ProcessEnv = {}, text = EXAMPLE): Promise<LlmGateway> {
  const [openai, anthropic, gemini] = await Promise.all([scriptedProvider(), scriptedProvider(), scriptedProvider()])
  const folder = mkdtempSync(join(tmpdir(), 'llm-gateway-'))
  const file = join(folder, 'config.toml')
  writeFileSync(file, text)
  const port = await freePort()
  const variables = {
    LLM_GATEWAY__SERVER__HOST: '127.0.0.1',
    LLM_GATEWAY__SERVER__PORT: String(port),
    LLM_GATEWAY__PROVIDERS__OPENAI__BASE_URL: `${openai.url}/v1`,
    LLM_GATEWAY__PROVIDERS__ANTHROPIC__BASE_URL: `${anthropic.url}/v1`,
    LLM_GATEWAY__PROVIDERS__GEMINI__BASE_URL: `${gemini.url}/v1beta`,
    ...env,
  }
  const logs: string[] = []
  const gateway = await Gateway.start({
    load: () => loadConfig({ cwd: folder, home: folder, file, env: variables }),
    openLog: settings => createLog(settings, { write: line => logs.push(line) }),
    watch: false,
  })
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    gateway,
    logs,
    openai,
    anthropic,
    gemini,
    post: (path, body, headers = BEARER) =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    metric: async series => {
      const page = await (await fetch(`${url}/metrics`)).text()
      const line = page.split('\n').find(each => each.startsWith(`${series} `))
      return line === undefined ? undefined : Number(line.slice(series.length))
    },
    close: async () => {
      await gateway.close()
      await Promise.all([openai.close(), anthropic.close(), gemini.close()])
      rmSync(folder, { recursive: true })
    },
  }
}
