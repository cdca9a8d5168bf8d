import { definePlugin, defineSlot, type Exchange, type Hooks, type StartedAttempt, Type, withDefault } from 'lunaroute'
import { headersAt, headersOf, type ProviderTemplates, providerOptions } from './options.ts'
import { bodyTemplate, checkBody } from './request-body.ts'
import { checkHeaders, headerTemplates } from './request-headers.ts'
import { metadataTemplate } from './response-body.ts'
import { isSecret } from './secret-guard.ts'
import type { Environment, Values } from './template.ts'

/** The attempt whose answer the client gets, where that is no error. */
const answering = defineSlot<{ attempt: StartedAttempt | undefined }>('request-template', () => ({
  attempt: undefined,
}))

/** Adds headers and body fields to requests, and metadata to answers, for each provider, from templates. */
export default definePlugin({
  name: 'request-template',
  providerKeys: ['request_headers', 'request_body', 'response_body'],
  options: Type.Object(
    { providers: withDefault(Type.Record(Type.String(), providerOptions), {}) },
    { additionalProperties: false },
  ),
  check: (options, { providers, didYouMean }) =>
    Object.entries(options.providers).flatMap(([name, written]) => {
      const path = ['providers', name]
      if (!providers.includes(name)) {
        return [{ path, message: `no provider is called "${name}"${didYouMean(name, providers)}` }]
      }
      return [
        ...checkHeaders(headersOf(written), [...path, ...headersAt(written)]),
        ...checkBody(written.request_body ?? {}, [...path, 'request_body']),
      ]
    }),
  setup({ providers }, { log, observe }): Hooks {
    const env = guarded(message => log.warn(message))
    const entries = Object.entries(providers).map(([name, written]) => [name, templatesOf(written, env)] as const)
    const templates = new Map(entries.filter(([, each]) => each.headers ?? each.body ?? each.metadata))
    if (templates.size === 0) return {}
    const hasMetadata = [...templates.values()].some(({ metadata }) => metadata !== undefined)
    if (hasMetadata) {
      observe({
        attemptAnswered(attempt, { status }, exchange) {
          exchange.use(answering).attempt = status < 400 ? attempt : undefined
        },
      })
    }
    return {
      route: {
        // The providers must be known.
        stage: 'late',
        handler(plan, request, exchange) {
          if (request !== null) return undefined
          // The last touch is for requests of a dialect; what is passed through unread gets its headers here.
          return plan.map(attempt => {
            const values = valuesOf(exchange, attempt.provider, attempt.model)
            const headers = templates.get(attempt.provider)?.headers?.(attempt.headers, values) ?? attempt.headers
            return headers === attempt.headers ? attempt : { ...attempt, headers }
          })
        },
      },
      egress(attempt, _request, exchange) {
        const found = templates.get(attempt.provider)
        if (!found) return undefined
        const values = valuesOf(exchange, attempt.provider, attempt.request.model)
        const headers = found.headers?.(attempt.headers, values) ?? attempt.headers
        const request = found.body?.(attempt.request, values) ?? attempt.request
        const { model } = request
        const isRenamed = model !== undefined && model !== attempt.request.model
        return { ...attempt, headers, request, ...(isRenamed && { model }) }
      },
      ...(hasMetadata && {
        streamChunk: {
          // Whoever reads the answer reads the provider's.
          stage: 'late',
          handler(chunk, exchange) {
            if (chunk.kind !== 'body' || exchange.endpoint?.operation !== 'generate') return undefined
            const { attempt } = exchange.use(answering)
            if (!attempt) return undefined
            const values = valuesOf(exchange, attempt.provider, attempt.model)
            return templates.get(attempt.provider)?.metadata?.(chunk, values)
          },
        },
      }),
    }
  },
})

function templatesOf(written: ProviderTemplates, env: Environment) {
  const { request_headers, request_body, response_body } = written
  return {
    headers: request_headers && headerTemplates(headersOf(written), env),
    body: request_body && bodyTemplate(request_body, env),
    metadata: response_body && metadataTemplate(response_body, env),
  }
}

function valuesOf(exchange: Exchange, provider: string, model: string | undefined): Values {
  return {
    request_id: exchange.id,
    session_id: exchange.session ?? '',
    provider,
    model: model ?? '',
    timestamp: new Date().toISOString(),
    client_ip: exchange.remoteAddress,
    user_agent: exchange.head.get('user-agent') ?? '',
    // No answer comes out of a cache of the gateway's own.
    cached: 'false',
  }
}

/** The environment without what may be a secret. */
function guarded(warn: (message: string) => void): Environment {
  return name => {
    const value = process.env[name]
    if (value === undefined) warn(`a template names the environment variable ${name}, which is not set`)
    else if (isSecret(name, value)) warn(`a template names the environment variable ${name}, which may hold a secret`)
    else return value
    return undefined
  }
}
