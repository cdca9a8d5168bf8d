import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

/** Whether `npm run build` has produced the gateway. */
export function hasGateway() {
  return existsSync(program)
}

/** What a subject adds to the preset of its name, or to another. */
const ADDED = {
  // A model of the mock's that answers in Messages is one of a provider that speaks it.
  translate: () => ({ models: { 'mock-m-*': { provider: 'anthropic' }, 'mock-*': { provider: 'openai' } } }),
  routing: () => ({ extends: ['passthrough'], plugins: ['router'], routing: { rules: thousandRules() } }),
  resilience: () => ({
    extends: ['passthrough'],
    plugins: [
      ...['router', 'fallback', 'balance', 'provider-health', 'circuit-breaker', 'retry', 'timeouts'],
      ...['request-template', 'switch-notification', 'translate', 'served-by'],
    ],
  }),
  recording: folder => ({
    extends: ['passthrough'],
    plugins: [
      'session-recorder',
      { name: 'session-jsonl', options: { directory: path.join(folder, 'sessions') } },
      { name: 'session-sqlite', options: { path: path.join(folder, 'sessions.db') } },
    ],
  }),
}

/** Writes a config for a subject in front of the mock, and returns the command that serves it. */
export function gatewayCommand(name, { port, upstreamPort, folder }) {
  const upstream = `http://127.0.0.1:${upstreamPort}`
  const openai = { base_url: `${upstream}/v1`, api_key: 'k' }
  const anthropic = { base_url: upstream, api_key: 'k' }
  const file = path.join(folder, `${name}-${port}.json`)
  writeFileSync(
    file,
    JSON.stringify({ port, extends: [name], providers: { openai, anthropic }, ...ADDED[name]?.(folder) }),
  )
  return [process.execPath, program, 'serve', '--config', file]
}

/** Rules of every kind, most of them for names as such tables have them. The last is the only one that fits. */
function thousandRules() {
  const target = { provider: 'openai' }
  const matches = [
    i => ({ model: `model-${i}` }),
    i => ({ model: [`model-${i}a`, `model-${i}b`] }),
    i => ({ model: `model-${i}`, headers: { 'x-tier': 'paid' } }),
    i => ({ model: `family-${i}-*` }),
    i => ({ model: `family-*-of-${i}` }),
    i => ({ headers: { 'x-team': `team-${i}` } }),
    i => ({ model: `model-${i}`, path: '/v1/chat/*', has_tools: true }),
    i => ({ model: `model-${i}-2*` }),
    i => ({ model: `model-${i}`, tokens: { max: 1000 } }),
    i => ({ model: `model-${i}`, stream: true }),
  ]
  const others = Array.from({ length: 999 }, (_, i) => ({ id: `rule-${i}`, match: matches[i % 10](i), target }))
  return [...others, { id: 'last', match: { model: 'mock-*', dialect: 'openai-chat' }, target }]
}
