import { definePlugin, Type, withDefault } from 'lunaroute'

/** Tells providers which team a request comes from. */
export default definePlugin({
  name: 'header-stamp',
  options: Type.Object({
    team: Type.String({ minLength: 1 }),
    header: withDefault(Type.String(), 'x-team'),
  }),
  setup({ team, header }) {
    return {
      egress(attempt) {
        return { ...attempt, headers: { ...attempt.headers, [header]: team } }
      },
    }
  },
})
