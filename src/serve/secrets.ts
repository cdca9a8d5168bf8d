import type { Provider } from '../upstream/provider.ts'
import type { ServedExchange } from './exchange.ts'

/** Shorter ones are found in innocent words. */
const LEAST = 6

/** What a provider says of an error, without the credentials it was sent: the gateway's sentences go to its log, too. */
export function withoutSecrets(text: string, provider: Provider, { head }: ServedExchange): string {
  const values = [...provider.keys, ...head.credentials().map(({ value }) => value.replace(/^\S+ +/, ''))]
  let clean = text
  for (const value of values) if (value.length >= LEAST) clean = clean.replaceAll(value, '***')
  return clean
}
