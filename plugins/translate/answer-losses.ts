import {
  type AnswerVocabulary,
  type Block,
  type Choice,
  type Citation,
  type Diagnostics,
  type Extra,
  isObject,
  type NeutralEvent,
  type Stop,
  type Usage,
} from 'lunaroute/neutral'

type Told = Pick<Diagnostics, 'dropped' | 'changed'>

/** The path of a block in an answer. */
export function placeOf(choice: number, index: number): string {
  return `choices[${choice}].content[${index}]`
}

/** Reports what of an answer the client's dialect has no place for, whether it comes whole or in pieces. */
export class AnswerLosses {
  readonly #says: AnswerVocabulary
  readonly #diagnostics: Told
  /** Blocks that are open, and how many citations they have had. */
  readonly #open = new Map<string, { readonly type: Block['type']; citations: number }>()

  constructor(says: AnswerVocabulary, diagnostics: Told) {
    this.#says = says
    this.#diagnostics = diagnostics
  }

  choice({ index, content, stop }: Choice): void {
    if (!this.#isSaid(index)) return
    for (const [i, block] of content.entries()) {
      const place = placeOf(index, i)
      this.#block(place, block)
      const citations = block.type === 'text' ? (block.citations ?? []) : []
      for (const [k, citation] of citations.entries()) this.#citation(`${place}.citations[${k}]`, citation)
    }
    if (stop) this.#stop(index, stop)
  }

  event(event: NeutralEvent): void {
    switch (event.type) {
      case 'finish':
        return this.#isSaid(event.choice) ? this.#stop(event.choice, event.stop) : undefined
      case 'textDelta':
        return event.logprobs?.length && this.#isSaid(event.choice) ? this.#logprobs(placeIn(event)) : undefined
      case 'blockStart':
      case 'blockStop':
      case 'citation':
      case 'state':
        return this.#blockEvent(event)
    }
  }

  usage(usage: Usage | undefined): void {
    if (!usage) return
    // A total is the sum of what is told.
    const { extra, toolInputTokens, totalTokens: _, ...figures } = usage
    for (const [key, value] of Object.entries(figures)) {
      const isFigure = (typeof value === 'number' && value > 0) || isObject(value)
      if (!isFigure || this.#says.usage.includes(key as keyof Usage)) continue
      if (key === 'serverToolUse') this.#diagnostics.dropped(`usage.${key}`, 'the dialect does not count runs of tools')
      else this.#diagnostics.changed(`usage.${key}`, 'told within a larger figure alone')
    }
    if (toolInputTokens && !this.#says.usage.includes('toolInputTokens')) {
      this.#diagnostics.changed('usage.toolInputTokens', 'told within the input alone')
    }
    for (const key of details(extra)) this.#diagnostics.changed(`usage.${key}`, 'told within a larger figure alone')
  }

  #blockEvent(event: Extract<NeutralEvent, { type: 'blockStart' | 'blockStop' | 'citation' | 'state' }>): void {
    const place = placeIn(event)
    if (event.type === 'blockStop') this.#open.delete(place)
    else if (event.type === 'blockStart') {
      if (!this.#isSaid(event.choice)) return
      const { block } = event
      const citations = block.type === 'text' ? (block.citations ?? []) : []
      this.#open.set(place, { type: block.type, citations: citations.length })
      this.#block(place, block)
      for (const [k, citation] of citations.entries()) this.#citation(`${place}.citations[${k}]`, citation)
    } else {
      const open = this.#open.get(place)
      if (!open) return
      if (event.type === 'citation') this.#citation(`${place}.citations[${open.citations++}]`, event.citation)
      else this.#state(place, open.type)
    }
  }

  #block(place: string, block: Block): void {
    if (block.state?.data) this.#state(place, block.type)
    if ('logprobs' in block && block.logprobs?.length) this.#logprobs(place)
  }

  #state(place: string, type: Block['type']): void {
    if (this.#says.states.includes(type)) return
    this.#diagnostics.changed(`${place}.state`, 'the dialect carries no state of such a block')
  }

  #logprobs(place: string): void {
    if (!this.#says.hasLogprobs) this.#diagnostics.dropped(`${place}.logprobs`, 'the dialect has no probabilities')
  }

  #citation(path: string, { type, ...citation }: Citation): void {
    if (this.#says.citations.includes(type)) return
    const name = 'dialect' in citation ? `citation of ${citation.dialect}` : `${type} citation`
    this.#diagnostics.dropped(path, `the dialect has no such ${name}`)
  }

  #stop(choice: number, { reason, sequence, message }: Stop): void {
    const path = `choices[${choice}].stop`
    const { stops, hasStopSequence, stopMessages } = this.#says
    if (!stops.includes(reason)) this.#diagnostics.changed(path, `the dialect has no word for this reason: ${reason}`)
    if (sequence !== undefined && !hasStopSequence) {
      this.#diagnostics.changed(`${path}.sequence`, 'the dialect does not tell which sequence was met')
    }
    if (message && !stopMessages.includes(reason))
      this.#diagnostics.dropped(`${path}.message`, 'the dialect has no words about it')
  }

  /** Whether an answer is given at all; one that is not is reported as a whole. */
  #isSaid(choice: number): boolean {
    if (choice === 0 || this.#says.hasChoices) return true
    this.#diagnostics.dropped(`choices[${choice}]`, 'the dialect has one answer')
    return false
  }
}

function placeIn({ choice, index }: { readonly choice: number; readonly index: number }): string {
  return placeOf(choice, index)
}

/** Figures that only the provider's dialect knows. */
function details(extra: Extra = {}): readonly string[] {
  return Object.values(extra).flatMap(({ fields = {} }) => Object.keys(fields).filter(key => hasFigure(fields[key])))
}

function hasFigure(value: unknown): boolean {
  if (typeof value === 'number') return value > 0
  return typeof value === 'object' && value !== null && Object.values(value).some(hasFigure)
}
