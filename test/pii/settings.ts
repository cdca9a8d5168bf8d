import { options, type PiiOptions } from '../../plugins/pii/options.ts'
import type { RedactorOptions } from '../../plugins/pii/redactor.ts'

/** The plugin's options with their defaults, and a secret of the tests'. */
export function settings(given: Partial<Record<keyof PiiOptions, unknown>> = {}): RedactorOptions {
  const defaults = Object.fromEntries(
    Object.entries(options.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
  )
  return { ...defaults, hmac_secret: 'a secret of the tests', ...given } as RedactorOptions
}
