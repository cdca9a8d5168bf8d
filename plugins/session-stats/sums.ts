import type { CompletedEvent, ResponseRecordedEvent, StatisticsSums } from 'lunaroute/sessions'

interface Times {
  calls: number
  results: number
  time: number
}

/** Adds up requests, event by event. */
export class Sums {
  #requests = 0
  #failed = 0
  #input = 0
  #output = 0
  #thinking = 0
  #cacheRead = 0
  #cacheCreation = 0
  #total = 0
  #duration = 0
  #provider = 0
  #overhead = 0
  #cost: number | null = null
  #unpriced = 0
  readonly #tools = new Map<string, Times>()

  request(): void {
    this.#requests++
  }

  response(event: ResponseRecordedEvent): void {
    this.#input += event.input_tokens + event.audio_input_tokens
    this.#output += event.output_tokens + event.audio_output_tokens
    this.#thinking += event.thinking_tokens + event.reasoning_tokens
    this.#cacheRead += event.cache_read_tokens
    this.#cacheCreation += event.cache_creation_tokens
    this.#total += event.total_tokens
  }

  /** `isAnswered`: tokens were used, so that there is a cost, known or not. */
  completed(event: CompletedEvent, isAnswered: boolean): void {
    if (!event.success) this.#failed++
    this.#duration += event.total_duration_ms
    this.#provider += event.provider_latency_ms
    this.#overhead += event.proxy_overhead_ms
    if (event.estimated_cost) this.#cost = (this.#cost ?? 0) + event.estimated_cost.total_cost_usd
    else if (isAnswered) this.#unpriced++
  }

  toolCall(name: string): void {
    this.#toolOf(name).calls++
  }

  toolResult(name: string, time: number): void {
    const tool = this.#toolOf(name)
    tool.results++
    tool.time += time
  }

  read(): StatisticsSums {
    const tools = [...this.#tools].map(([tool_name, { calls, results, time }]) => ({
      tool_name,
      call_count: calls,
      avg_time_ms: results === 0 ? null : time / results,
    }))
    return {
      request_count: this.#requests,
      failed_requests: this.#failed,
      input_tokens: this.#input,
      output_tokens: this.#output,
      thinking_tokens: this.#thinking,
      cache_read_tokens: this.#cacheRead,
      cache_creation_tokens: this.#cacheCreation,
      total_tokens: this.#total,
      tool_call_count: tools.reduce((sum, each) => sum + each.call_count, 0),
      tools: tools.sort((a, b) => b.call_count - a.call_count || a.tool_name.localeCompare(b.tool_name)),
      total_duration_ms: this.#duration,
      provider_latency_ms: this.#provider,
      proxy_overhead_ms: this.#overhead,
      total_cost_usd: this.#cost,
      unpriced_requests: this.#unpriced,
    }
  }

  #toolOf(name: string): Times {
    const tool = this.#tools.get(name) ?? { calls: 0, results: 0, time: 0 }
    this.#tools.set(name, tool)
    return tool
  }
}
