import type { ProviderView } from 'lunaroute'
import { type CompiledRule, compileRule } from './compiled-rule.ts'
import type { Facts } from './facts.ts'

/** Whose models are called how. */
const FAMILIES: readonly (readonly [provider: string, names: readonly string[]])[] = [
  ['openai', ['gpt-*', 'o1', 'o1-*', 'o3*', 'o4*', 'chatgpt-*', 'codex-*']],
  ['anthropic', ['claude-*']],
  ['gemini', ['gemini-*']],
]

/**
 * Rules that stand after all others: a model goes to whoever makes it, where that provider exists and can be spoken to:
 * in the client's dialect, or through a translation.
 */
export function defaultRules(providers: readonly ProviderView[], canTranslate: () => boolean): readonly CompiledRule[] {
  return FAMILIES.flatMap(([name, models]) => {
    const provider = providers.find(each => each.name === name)
    if (!provider) return []
    const written = {
      id: `default_${name}`,
      priority: Number.MIN_SAFE_INTEGER,
      match: { model: [...models] },
      target: { provider: name },
    }
    const rule = compileRule(written, 'default')
    const isSpoken = ({ dialect, request }: Facts) =>
      provider.dialects.includes(dialect) || (TRANSLATED.has(request.endpoint.operation) && canTranslate())
    return [{ ...rule, test: (facts: Facts) => rule.test(facts) && isSpoken(facts) }]
  })
}

const TRANSLATED = new Set(['generate', 'count-tokens'])
