import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { definePlugin, type PluginApi, redactorService } from 'lunaroute'
import { problemOf } from './detect/custom.ts'
import { TYPES } from './detect/match.ts'
import { loadEngine } from './detect/re2.ts'
import { keptSecret, randomSecret } from './hmac-secret.ts'
import { type PiiOptions, options as schema } from './options.ts'

/** Takes what is personal or secret out of what other plugins keep. */
export default definePlugin({
  name: 'pii',
  section: 'pii',
  options: schema,
  check: ({ custom_patterns: patterns }) => {
    if (patterns.length === 0) return []
    const engine = loadEngine()
    return patterns.flatMap(({ name, pattern }, index) => {
      const problem = problemOf(pattern, engine)
      const isTaken = TYPES.some(each => each === name) || patterns.findIndex(each => each.name === name) < index
      const taken = `the name "${name}" is taken; choose another`
      return [
        ...(problem === undefined ? [] : [{ path: ['custom_patterns', index, 'pattern'], message: problem }]),
        ...(isTaken ? [{ path: ['custom_patterns', index, 'name'], message: taken }] : []),
      ]
    })
  },
  async setup(options, api) {
    if (!options.enabled) return {}
    if (options.custom_patterns.length > 0) warnOfSlowEngine(api)
    const complete = { ...options, hmac_secret: secretFor(options, api) }
    const { createRedactor } = await import('./redactor.ts')
    api.offer(redactorService, { redactor: createRedactor(complete), module: moduleUrl(), options: complete })
    return {}
  },
})

/** Once for a process, however often its configuration is read. */
function warnOfSlowEngine(api: PluginApi): void {
  api.keep('pii.engine', () => {
    const { name } = loadEngine()
    if (name !== 're2') {
      api.log.warn(`the package re2 is not installed: custom patterns run on ${name}, which is slower`)
    }
    return name
  })
}

/** What tokens are made with. A secret that cannot be kept makes tokens of this process alone. */
function secretFor(options: PiiOptions, api: PluginApi): string {
  if (options.hmac_secret !== undefined) return options.hmac_secret
  const modes = [options.redaction_mode, ...Object.values(options.redaction_modes)]
  const custom = options.custom_patterns.map(each => each.redaction_mode)
  if (![...modes, ...custom].includes('tokenize')) return randomSecret()
  return api.keep(`pii.secret ${options.hmac_secret_file}`, () => {
    try {
      return keptSecret(options.hmac_secret_file)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      api.log.warn(`hmac_secret_file cannot be read or written (${code}): tokens will be others after a restart`)
      return randomSecret()
    }
  })
}

/** What a worker thread imports. Node runs what was built, also where this file is read as it was written. */
function moduleUrl(): string {
  if (import.meta.url.endsWith('.js')) return new URL('./redactor.js', import.meta.url).href
  const built = createRequire(import.meta.url).resolve('lunaroute/plugins/pii')
  return new URL('./redactor.js', pathToFileURL(built)).href
}
