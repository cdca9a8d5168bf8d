import { definePlugin, routeSlot } from 'lunaroute'
import { type GatewayOptions, gateway } from 'lunaroute/testing'
import { onTestFinished } from 'vitest'
import anthropic from '../../plugins/anthropic/index.ts'
import gemini from '../../plugins/gemini/index.ts'
import openai from '../../plugins/openai/index.ts'
import router from '../../plugins/router/index.ts'

export type RouterOptions = NonNullable<Parameters<typeof router>[0]>

export const CHAT = '/v1/chat/completions'
export const env = { OPENAI_API_KEY: 'sk-o', ANTHROPIC_API_KEY: 'sk-a', GEMINI_API_KEY: 'sk-g' }
export const dialects = [openai(), anthropic(), gemini()]
export const other = { other: { dialect: 'openai-chat', base_url: 'https://other.test/v1', api_key: 'sk-x' } }

/** The target of a rule. */
export const to = (provider: string, model?: string) => ({ target: { provider, ...(model && { model }) } })

/** Says which route was taken, in headers. */
const told = definePlugin({
  name: 'told',
  setup: () => ({
    route(_plan, _request, exchange) {
      const { id, reason } = exchange.use(routeSlot)
      exchange.setResponseHeader('x-route', `${id}`)
      exchange.setResponseHeader('x-reason', `${reason}`)
    },
  }),
})

/** A gateway with a router and every dialect, that tells what it did with a request. */
export async function routed(options: RouterOptions = {}, more: GatewayOptions = {}, providers = {}) {
  const g = await gateway({ plugins: [dialects, router(options), told()], providers }, { env, ...more })
  onTestFinished(() => g.close())
  return {
    g,
    /** Sends a chat request and tells its route, and what reached which provider. */
    async chat(body: Record<string, unknown>, headers: Record<string, string> = {}, query = '') {
      const before = g.received.length
      const response = await g.post(CHAT + query, { messages: [], ...body }, headers)
      const sent = g.received.slice(before)
      return {
        status: response.status,
        route: response.headers.get('x-route'),
        reason: response.headers.get('x-reason'),
        text: await response.text(),
        to: sent.map(each => `${each.provider} ${JSON.parse(each.body.toString()).model}`),
        sent,
      }
    },
  }
}
