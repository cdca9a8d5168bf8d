import type { Effort, NeutralRequest, ReasoningOptions, ReasoningProfile } from 'lunaroute/neutral'
import type { Policy, PolicyContext } from '../policy.ts'

const RISING: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
/** Tokens that an effort stands for, and the other way round the most that a budget may be for it. */
const BUDGETS: readonly (readonly [effort: Effort, tokens: number, most: number])[] = [
  ['minimal', 1024, 1024],
  ['low', 2048, 4096],
  ['medium', 8192, 12_288],
  ['high', 16_384, 24_576],
  ['xhigh', 32_768, 49_152],
  ['max', 65_536, Number.POSITIVE_INFINITY],
]
const LEAST_BUDGET = 1024
/** Room for the answer itself where only the reasoning's size is known. */
const ANSWER = 4096
/** How much of a small limit reasoning may take. */
const SHARE = 0.8

/** Reasoning asked for in a way the model knows: an effort, a budget, or left to the model. */
export const withReasoning: Policy = (request, context) => {
  const { profile, diagnostics } = context
  const { reasoning } = request
  if (!reasoning || profile.reasoning === undefined) return request
  if (profile.reasoning === false) {
    if (!isOff(reasoning)) diagnostics.dropped(pathOf(reasoning), 'the model does not reason')
    return { ...request, reasoning: undefined }
  }
  const changed = controlled(request, reasoning, profile.reasoning, context)
  return withConsequences(changed, pathOf(reasoning), profile.reasoning, context)
}

function controlled(
  request: NeutralRequest,
  reasoning: ReasoningOptions,
  profile: ReasoningProfile,
  context: PolicyContext,
): NeutralRequest {
  if (isOff(reasoning)) return { ...request, reasoning: switchedOff(reasoning, profile, context) }
  const { controls } = profile
  const isFixed = reasoning.budgetTokens !== undefined && controls.includes('budget')
  const control = isFixed ? 'budget' : controls[0]
  if (control === 'budget') return withBudget(request, reasoning, profile, context)
  const isAdaptive = control === 'adaptive'
  const wanted =
    reasoning.effort ?? (reasoning.budgetTokens === undefined ? undefined : effortOf(reasoning.budgetTokens))
  const effort = wanted && nearest(wanted, profile.efforts)
  if (reasoning.budgetTokens !== undefined) {
    context.diagnostics.changed('reasoning.budgetTokens', 'the model takes an effort, not a budget')
  }
  if (effort !== wanted) context.diagnostics.changed(pathOf(reasoning), `the model's nearest effort is ${effort}`)
  const mode = isAdaptive ? 'adaptive' : undefined
  // Where the client's dialect always shows reasoning, a model that hides it by default has to be asked.
  const isVisible = reasoning.isVisible ?? (isAdaptive ? true : undefined)
  return { ...request, reasoning: { ...reasoning, mode, effort, budgetTokens: undefined, isVisible } }
}

function withBudget(
  request: NeutralRequest,
  reasoning: ReasoningOptions,
  profile: ReasoningProfile,
  { diagnostics, profile: model }: PolicyContext,
): NeutralRequest {
  const { min = LEAST_BUDGET, max = Number.POSITIVE_INFINITY } = profile.budget ?? {}
  const asked = reasoning.budgetTokens ?? tokensOf(reasoning.effort ?? 'medium')
  const room = request.maxOutputTokens ?? model.maxOutputTokens ?? asked + ANSWER
  // Who gave an effort alone does not know of a budget, and wants an answer after it.
  const most = reasoning.budgetTokens === undefined ? Math.max(Math.floor(room * SHARE), room - ANSWER) : room - 1
  const budgetTokens = Math.min(Math.max(asked, min), max, most)
  if (budgetTokens < min) {
    diagnostics.changed(pathOf(reasoning), 'too few tokens for the answer to reason first')
    return { ...request, reasoning: { mode: 'off' } }
  }
  if (reasoning.budgetTokens === undefined) diagnostics.changed(pathOf(reasoning), 'the model takes a budget of tokens')
  else if (budgetTokens !== asked) diagnostics.changed('reasoning.budgetTokens', 'the range the model takes')
  const changed: ReasoningOptions = { ...reasoning, mode: 'budget', effort: undefined, budgetTokens }
  // A model of known size has the room; of any other, the answer's limit must leave it.
  const isKnown = model.maxOutputTokens !== undefined
  const maxOutputTokens = request.maxOutputTokens ?? (isKnown ? undefined : room)
  return { ...request, maxOutputTokens, reasoning: changed }
}

function switchedOff(
  reasoning: ReasoningOptions,
  { canDisable, efforts = [], controls }: ReasoningProfile,
  { diagnostics }: PolicyContext,
): ReasoningOptions | undefined {
  if (canDisable !== false) {
    const effort = efforts.includes('none') ? 'none' : undefined
    return { mode: 'off', effort }
  }
  diagnostics.changed(pathOf(reasoning), 'the model always reasons; it is asked to do so as little as it can')
  if (!controls.includes('effort') && !controls.includes('adaptive')) return undefined
  return { ...reasoning, mode: undefined, effort: efforts[0] ?? 'low', budgetTokens: undefined }
}

/** What goes together with reasoning, and what does not. */
function withConsequences(
  request: NeutralRequest,
  path: string,
  { temperature, allowsForcedTool }: ReasoningProfile,
  { diagnostics }: PolicyContext,
): NeutralRequest {
  const { reasoning, toolChoice, sampling } = request
  if (!reasoning || isOff(reasoning)) return request
  if (allowsForcedTool === false && (toolChoice?.type === 'required' || toolChoice?.type === 'tool')) {
    diagnostics.changed(path, 'the model cannot reason and be made to use a tool at once')
    return { ...request, reasoning: { mode: 'off' } }
  }
  const isOther = temperature !== undefined && (sampling?.temperature ?? temperature) !== temperature
  if (isOther) diagnostics.changed('sampling.temperature', `the model takes only ${temperature} while it reasons`)
  return isOther ? { ...request, sampling: { ...sampling, temperature } } : request
}

/** The parameter by which the client asked for it. */
function pathOf({ effort, budgetTokens, mode }: ReasoningOptions): string {
  if (budgetTokens !== undefined) return 'reasoning.budgetTokens'
  if (effort !== undefined) return 'reasoning.effort'
  return mode === undefined ? 'reasoning' : 'reasoning.mode'
}

export function isOff({ mode, effort }: ReasoningOptions): boolean {
  return mode === 'off' || (mode === undefined && effort === 'none')
}

function tokensOf(effort: Effort): number {
  return BUDGETS.find(([each]) => each === effort)?.[1] ?? 8192
}

function effortOf(tokens: number): Effort {
  return BUDGETS.find(([, , most]) => tokens <= most)![0]
}

/** The known effort next to it, the lower of two. */
function nearest(effort: Effort, known: readonly Effort[] | undefined): Effort {
  if (!known || known.length === 0 || known.includes(effort)) return effort
  const rank = (each: Effort) => RISING.indexOf(each)
  if (rank(effort) < 0) return effort
  return known.reduce((best, each) =>
    Math.abs(rank(each) - rank(effort)) < Math.abs(rank(best) - rank(effort)) ? each : best,
  )
}
