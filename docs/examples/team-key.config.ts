import { defineConfig } from 'lunaroute'
import teamKey from './team-key.ts'

export default defineConfig({
  extends: 'passthrough',
  plugins: [
    teamKey({
      teams: {
        // printf %s team-search-1 | sha256sum
        search: '742998f2233d44ca8b329846e99e17b40a63cc9d03468e9e907b442def27929d',
      },
    }),
  ],
})
