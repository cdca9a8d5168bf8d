import {
  type Diagnostics,
  type Fields,
  type NeutralRequest,
  present,
  type ReasoningOptions,
  shapeOf,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

const LEVELS: Readonly<Record<string, string>> = {
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
}

/** Reads `thinkingConfig` of a `generationConfig`. */
export function readThinking(config: Fields | undefined): ReasoningOptions | undefined {
  const t = config?.nested('thinkingConfig', 'thinking_config')
  if (!t) return undefined
  const budget = t.number('thinkingBudget', 'thinking_budget')
  const level = t.string('thinkingLevel', 'thinking_level')
  if (level !== undefined && level !== level.toUpperCase()) t.shape('thinkingLevel', level)
  const isVisible = t.boolean('includeThoughts', 'include_thoughts')
  const mode = budget === undefined ? undefined : budget === 0 ? 'off' : budget === -1 ? 'adaptive' : 'budget'
  return present({
    mode,
    budgetTokens: mode === 'budget' ? budget : undefined,
    effort: level?.toLowerCase(),
    isVisible,
  })
}

/** Writes it. Gemini takes a budget or a level, never both. */
export function writeThinking(request: NeutralRequest, diagnostics: Diagnostics): object | undefined {
  const { reasoning, dialect, extra } = request
  if (!reasoning) return undefined
  const { mode, budgetTokens, effort, isVisible } = reasoning
  const isOwn = dialect === DIALECT
  const budget = mode === 'off' || (!isOwn && effort === 'none') ? 0 : mode === 'adaptive' ? -1 : budgetTokens
  const hasLevel = effort !== undefined && (isOwn || (effort !== 'none' && (budget === undefined || budget === -1)))
  const level = hasLevel ? writeLevel(effort, extra, isOwn, diagnostics) : undefined
  const isOn = mode === 'on' || mode === 'budget' || mode === 'adaptive'
  return present({
    thinkingBudget: level !== undefined && !isOwn ? undefined : budget,
    thinkingLevel: level,
    // Elsewhere a client that turns reasoning on sees it; here it must ask.
    includeThoughts: isVisible ?? (!isOwn && isOn ? true : undefined),
  })
}

function writeLevel(
  effort: string,
  extra: NeutralRequest['extra'],
  isOwn: boolean,
  diagnostics: Diagnostics,
): string | undefined {
  const note = shapeOf(extra, DIALECT, 'thinkingLevel')
  if (note?.toLowerCase() === effort) return note
  if (isOwn) return effort.toUpperCase()
  const level = Object.hasOwn(LEVELS, effort) ? LEVELS[effort] : undefined
  if (level === undefined) return diagnostics.dropped('reasoning.effort', 'gemini has no such level') as undefined
  if (level.toLowerCase() !== effort) diagnostics.changed('reasoning.effort', 'the highest level of gemini is high')
  return level
}
