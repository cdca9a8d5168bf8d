import { type PluginApi, redactorService } from 'lunaroute'
import { priceService, type SessionWriter, type SessionWriterOffer, sessionWriterService } from 'lunaroute/sessions'
import type { RecorderOptions } from './options.ts'

/** A module and what it is called with. */
export interface ModuleUse {
  readonly module: string
  readonly options: unknown
}

/** What the worker is made of. Can be cloned, and compared as JSON. */
export interface WorkerSpec {
  readonly dialects: Readonly<Record<string, string>>
  readonly redactor: ModuleUse | null
  readonly prices: ModuleUse | null
  /** In list order; without a module the writer is called on the serving thread. */
  readonly writers: readonly { readonly name: string; readonly use: ModuleUse | null }[]
  readonly batchSize: number
  readonly batchTimeout: number
  readonly userAgentLength: number
  readonly folder: string
  readonly spillLimit: number
  readonly queueBytes: number
  readonly closeTimeout: number
}

export interface EngineSpec {
  readonly worker: WorkerSpec
  /** Writers that are called on this thread, by name. */
  readonly writers: ReadonlyMap<string, SessionWriter>
}

/** What this generation's plugins offer, as the recorder needs it. To be asked once every plugin is set up. */
export function specOf(options: RecorderOptions, folder: string, api: PluginApi): EngineSpec {
  const offers = api.offers(sessionWriterService)
  const redactor = api.offers(redactorService)[0]
  const prices = api.offers(priceService)[0]
  const modules = api.dialects.flatMap(({ name, codecModule }) => (codecModule ? [[name, codecModule]] : []))
  return {
    worker: {
      dialects: Object.fromEntries(modules),
      redactor: redactor ? { module: redactor.module, options: redactor.options } : null,
      prices: prices ? { module: prices.module, options: prices.options } : null,
      writers: offers.map(offer => ({ name: offer.name, use: useOf(offer) })),
      batchSize: options.worker.batch_size,
      batchTimeout: options.worker.batch_timeout_ms,
      userAgentLength: options.capture_user_agent ? options.max_user_agent_length : 0,
      folder,
      spillLimit: options.spill_mb * 1024 * 1024,
      queueBytes: options.queue_mb * 1024 * 1024,
      closeTimeout: options.shutdown_timeout_secs * 1000,
    },
    writers: new Map(offers.flatMap(offer => ('writer' in offer ? [[offer.name, offer.writer]] : []))),
  }
}

function useOf(offer: SessionWriterOffer): ModuleUse | null {
  return 'module' in offer ? { module: offer.module, options: offer.options } : null
}
