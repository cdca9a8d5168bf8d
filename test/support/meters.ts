import { definePlugin, meterService, type Plugin, type PluginApi } from 'lunaroute'

/** A plugin that shows what the others count: `name{label="value"} n`, without zeros. */
export function meterReader(): { readonly plugin: Plugin; read(name: string): readonly string[] } {
  let current: PluginApi | undefined
  const factory = definePlugin({
    name: 'meter-reader',
    setup(_, api) {
      current = api
      return {}
    },
  })
  return {
    plugin: factory(),
    read(name) {
      const meters = current!.offers(meterService).filter(each => each.name === name)
      return meters.flatMap(({ labels, read }) =>
        [...read()]
          .filter(({ value }) => value !== 0)
          .map(sample => `${labels.map(label => sample.labels[label]).join(' ')}: ${sample.value}`),
      )
    },
  }
}
