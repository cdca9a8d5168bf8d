import { definePreset } from 'lunaroute'
import accessLog from 'lunaroute/plugins/access-log'
import admin from 'lunaroute/plugins/admin'
import anthropic from 'lunaroute/plugins/anthropic'
import balance from 'lunaroute/plugins/balance'
import bypass from 'lunaroute/plugins/bypass'
import circuitBreaker from 'lunaroute/plugins/circuit-breaker'
import fallback from 'lunaroute/plugins/fallback'
import gemini from 'lunaroute/plugins/gemini'
import health from 'lunaroute/plugins/health'
import metrics from 'lunaroute/plugins/metrics'
import openai from 'lunaroute/plugins/openai'
import providerHealth from 'lunaroute/plugins/provider-health'
import requestTemplate from 'lunaroute/plugins/request-template'
import retry from 'lunaroute/plugins/retry'
import router from 'lunaroute/plugins/router'
import servedBy from 'lunaroute/plugins/served-by'
import switchNotification from 'lunaroute/plugins/switch-notification'
import timeouts from 'lunaroute/plugins/timeouts'
import translate from 'lunaroute/plugins/translate'
import validate from 'lunaroute/plugins/validate'

// Several providers behind one address: the right one for each request, and the next one when it fails. See
// docs/routing.md and docs/resilience.md. Each plugin below changes the plan that those above it made.
export default definePreset([
  openai(),
  anthropic(),
  gemini(),

  health(), // /readyz tells of providers, circuits and rules too
  metrics(),
  admin(),
  validate(),
  bypass(),

  // Where a request goes: routes.json, rules, aliases; else by the model's name.
  router(),
  // Who takes over, and until when.
  fallback(),
  // Which of several, and with which key.
  balance(),
  // Who fails goes to the end; who keeps failing is left alone.
  providerHealth(),
  circuitBreaker(),
  // When an attempt is made again, and how long it may take.
  retry(),
  timeouts(),

  // What leaves.
  requestTemplate(),
  switchNotification(),
  translate(),

  servedBy(), // x-lunaroute-provider, -model, -attempts and -route
  accessLog(),
])
