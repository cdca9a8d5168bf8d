import { definePreset } from 'lunaroute'
import accessLog from 'lunaroute/plugins/access-log'
import admin from 'lunaroute/plugins/admin'
import anthropic from 'lunaroute/plugins/anthropic'
import bypass from 'lunaroute/plugins/bypass'
import gemini from 'lunaroute/plugins/gemini'
import health from 'lunaroute/plugins/health'
import metrics from 'lunaroute/plugins/metrics'
import openai from 'lunaroute/plugins/openai'
import validate from 'lunaroute/plugins/validate'

// One person's gateway, in front of a coding assistant on the same machine. Top to bottom is the run order.
export default definePreset([
  // What clients may speak. Each brings its provider, with the key from the environment or the client's own.
  openai(),
  anthropic(),
  gemini(),

  // Pages of the gateway itself. They stand before whatever may come to ask for keys.
  health(), // /healthz, /readyz
  metrics(), // /metrics
  admin(), // /admin/reload, /admin/status, for this machine only

  // What is not JSON is refused here, in the client's dialect, and costs no call.
  validate(),

  // Paths that no dialect above serves go to the provider they were written for.
  bypass(),

  // One line per request with LUNAROUTE_LOG_REQUESTS=true; with headers and timing at level debug.
  accessLog(),
])
