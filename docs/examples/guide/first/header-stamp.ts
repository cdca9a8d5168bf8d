import { definePlugin } from 'lunaroute'

export default definePlugin({
  name: 'header-stamp',
  setup() {
    return {
      ingress(exchange) {
        exchange.setResponseHeader('x-served-by', 'my gateway')
      },
    }
  },
})
