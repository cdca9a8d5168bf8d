import { defineConfig } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import openai from 'lunaroute/plugins/openai'
import requestTemplate from 'lunaroute/plugins/request-template'

export default defineConfig({
  plugins: [openai(), anthropic(), requestTemplate()],
  providers: {
    openai: {
      request_headers: { 'x-trace': 'lunaroute/${request_id}', 'x-team': '${env.TEAM}' },
      request_body: {
        // Only where the client says nothing of it.
        defaults: { temperature: 0.2, metadata: { gateway: 'lunaroute' } },
        // Whatever the client says.
        overrides: { store: false },
        prepend_messages: [{ role: 'system', content: 'Answer in British English.' }],
      },
      response_body: { enabled: true, fields: { request: '${request_id}', model: '${provider}/${model}' } },
    },
  },
})
