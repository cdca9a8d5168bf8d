/** What `lunaroute init` writes, with the presets that run where there is no file. */
export const configTemplate = (presets: readonly string[]): string => `import { defineConfig } from 'lunaroute'

// Saving this file applies it within a second; requests that run finish on the configuration they began with.
// \`lunaroute check\` validates it, \`lunaroute explain\` shows which plugin runs where. Reference: docs/config.md.
export default defineConfig({
  // Where clients connect. LUNAROUTE_HOST and LUNAROUTE_PORT, --host and --port win over these.
  host: '127.0.0.1',
  port: 8081,

  // 'openai', 'anthropic', 'gemini', or 'both' for all of them.
  api_dialect: 'both',

  // A preset is a list of plugins, in the order they run.
  // 'default' serves every dialect, passes unknown paths through, has metrics and health checks, and records sessions.
  // 'local' is the same without the record; 'routing' is for several providers, with rules and fallbacks.
  // 'passthrough' serves the dialects and nothing else.
  extends: [${presets.map(each => `'${each}'`).join(', ')}],

  // More plugins: one that ships, as \`import accessLog from 'lunaroute/plugins/access-log'\`, or your own file, as
  // \`import stamp from './stamp.ts'\`. A plugin of the same name takes the place of the preset's.
  plugins: [
    // stamp({ header: 'x-team', value: 'search' }),
  ],

  providers: {
    // 'openai', 'anthropic' and 'gemini' are there without being named. Give any subset of their keys.
    // A request passes with its client's own credential; api_key serves clients that send none.
    // openai: { api_key: process.env.OPENAI_API_KEY },
    // anthropic: { http_client: { timeout_secs: 900 } },
    // Any other server that speaks one of the dialects.
    // local: { dialect: 'openai-chat', base_url: 'http://127.0.0.1:11434/v1' },
  },
})
`
