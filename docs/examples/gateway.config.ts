import { defineConfig } from 'lunaroute'
import bypass from 'lunaroute/plugins/bypass'

export default defineConfig({
  // The usual plugins, in the order they run.
  extends: ['local'],
  // A plugin of the same name takes the preset's place: here, unknown paths are refused.
  plugins: [bypass({ enabled: false })],
  providers: {
    // One that comes with a plugin: any subset of its keys.
    anthropic: { http_client: { timeout_secs: 900 } },
    // One of your own: its dialect, its address, and a key for clients that bring none.
    local: { dialect: 'openai-chat', base_url: 'http://127.0.0.1:11434/v1', api_key: 'none' },
  },
})
