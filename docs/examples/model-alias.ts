import { definePlugin, Type } from 'lunaroute'

/** Lets clients ask for `fast` or `smart` and decides here what that is. */
export default definePlugin({
  name: 'model-alias',
  options: Type.Object({ aliases: Type.Record(Type.String(), Type.String()) }),
  setup({ aliases }) {
    const models = new Map(Object.entries(aliases))
    return {
      normalize(request) {
        const model = request.model && models.get(request.model)
        if (model) return request.withModel(model)
      },
    }
  },
})
