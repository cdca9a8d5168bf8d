import { defineConfig } from 'lunaroute'

// What `npm start` serves in this folder. Edits take effect as soon as the file is saved; one that cannot be loaded is
// refused with its reason, and what served before serves on. `lunaroute check` tells beforehand.
export default defineConfig({
  // `local` is what one person needs in front of a coding assistant; presets/local.ts lists it. `passthrough` only passes.
  extends: ['local'],

  // Plugins of your own come after those of the preset; one of the same name takes the preset's place.
  //   import accessLog from 'lunaroute/plugins/access-log'
  //   plugins: [accessLog({ log_requests: true })],
  //   plugins: ['./my-plugin.ts'],
  plugins: [],

  host: '127.0.0.1',
  port: 8081,

  // openai, anthropic and gemini are there already: they take the client's own key, or else OPENAI_API_KEY,
  // ANTHROPIC_API_KEY and GEMINI_API_KEY. Give what should differ, or further providers by any name.
  providers: {
    // openai: { base_url: 'https://eu.api.openai.com/v1' },
    // ollama: { dialect: 'openai-chat', base_url: 'http://127.0.0.1:11434/v1' },
  },
})
