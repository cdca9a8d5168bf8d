import type { Lineage, LlmRequest, Redactor, RedactorModule } from 'lunaroute'
import type { Codec } from 'lunaroute/neutral'
import type { PriceList } from 'lunaroute/sessions'
import type { ModuleUse, WorkerSpec } from '../spec.ts'

/** What a dialect exports for worker threads. */
export interface DialectModule {
  readonly codec?: Codec
  session?(request: LlmRequest): string | undefined
  lineage?(request: LlmRequest): Lineage
}

export interface Modules {
  readonly dialects: ReadonlyMap<string, DialectModule>
  readonly redactor: Redactor | undefined
  readonly prices: PriceList | undefined
}

/** Rejects where the redactor cannot be had: nothing is recorded in clear that was to be redacted. */
export async function loadModules(spec: WorkerSpec, warn: (message: string) => void): Promise<Modules> {
  const dialects = new Map<string, DialectModule>()
  for (const [name, url] of Object.entries(spec.dialects)) {
    const module = await attempt(() => import(url) as Promise<DialectModule>, `the codec of ${name}`, warn)
    if (module) dialects.set(name, module)
  }
  const makePrices = (use: ModuleUse) => async (): Promise<PriceList> =>
    ((await import(use.module)) as { createPriceList(options: unknown): PriceList }).createPriceList(use.options)
  return {
    dialects,
    redactor: spec.redactor ? await loadRedactor(spec.redactor) : undefined,
    prices: spec.prices ? await attempt(makePrices(spec.prices), 'the price list', warn) : undefined,
  }
}

async function loadRedactor({ module, options }: ModuleUse): Promise<Redactor> {
  return ((await import(module)) as RedactorModule).createRedactor(options)
}

async function attempt<T>(load: () => Promise<T>, what: string, warn: (message: string) => void) {
  try {
    return await load()
  } catch (error) {
    warn(`${what} could not be loaded, recording goes on without: ${(error as Error).message}`)
    return undefined
  }
}
