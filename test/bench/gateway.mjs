import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

/** Whether `npm run build` has produced the gateway. */
export function hasGateway() {
  return existsSync(program)
}

/** Writes a config that extends one preset in front of the mock, and returns the command that serves it. */
export function gatewayCommand(preset, { port, upstreamPort, folder }) {
  const upstream = `http://127.0.0.1:${upstreamPort}`
  const openai = { base_url: `${upstream}/v1`, api_key: 'k' }
  const anthropic = { base_url: upstream, api_key: 'k' }
  // A model of the mock's that answers in Messages is one of a provider that speaks it.
  const models = { 'mock-m-*': { provider: 'anthropic' }, 'mock-*': { provider: 'openai' } }
  const file = path.join(folder, `${preset}-${port}.json`)
  writeFileSync(
    file,
    JSON.stringify({
      port,
      extends: [preset],
      providers: { openai, anthropic },
      ...(preset === 'translate' && { models }),
    }),
  )
  return [process.execPath, program, 'serve', '--config', file]
}
