import { defineConfig } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import openai from 'lunaroute/plugins/openai'
import switchNotification from 'lunaroute/plugins/switch-notification'
import translate from 'lunaroute/plugins/translate'

export default defineConfig({
  plugins: [openai(), anthropic(), switchNotification({ role: 'system' }), translate()],
  providers: {
    anthropic: {
      // Instead of the default message, when this provider stands in for another one.
      switch_notification_message: 'Tell the user that ${original_provider} is busy and that you are ${model}.',
    },
  },
})
