import { ConfigError, definePlugin, moduleUrl } from 'lunaroute'
import { priceService } from 'lunaroute/sessions'
import { Catalogue } from './catalogue.ts'
import { optionsSchema, type Price } from './options.ts'
import { priceFile, pricesIn } from './price-file.ts'
import { createPriceList } from './price-list.ts'

/** Knows what tokens cost, for those who record or limit spending. */
export default definePlugin({
  name: 'prices',
  section: 'prices',
  options: optionsSchema,
  check: ({ providers: ids = {} }, { providers, didYouMean }) =>
    Object.keys(ids).flatMap(name => {
      if (providers.includes(name)) return []
      return [{ path: ['providers', name], message: `no provider is called "${name}"${didYouMean(name, providers)}` }]
    }),
  async setup({ file: name, providers: ids = {}, ...models }, api) {
    const unknown = Object.values(ids).find(id => !new Catalogue({}).knows(id))
    if (unknown !== undefined) {
      throw new ConfigError(`the price list knows no provider "${unknown}"`, { plugin: 'prices' })
    }
    // Workers have copies of the prices: they get others with the next generation.
    const file = name === undefined ? undefined : await api.dataFile(priceFile(name, () => void api.gateway.reload()))
    const read = file?.value && pricesIn(file.value)
    if (read && read.skipped > 0) {
      api.log.warn(`${read.skipped} entries of the file of prices hold none, and are passed over`)
    }
    const known = api.providers.map(
      ({ name, baseUrl, dialects }) => [name, { baseUrl, dialects, id: ids[name] }] as const,
    )
    const options = {
      prices: { ...read?.prices, ...(models as Readonly<Record<string, Price>>) },
      providers: Object.fromEntries(known),
    }
    api.offer(priceService, {
      list: createPriceList(options),
      module: moduleUrl(import.meta.url, './price-list.ts'),
      options,
    })
    return {}
  },
})
