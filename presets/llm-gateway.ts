import { definePreset } from 'lunaroute'
import accessLog from 'lunaroute/plugins/access-log'
import anthropic from 'lunaroute/plugins/anthropic'
import apiKeys from 'lunaroute/plugins/api-keys'
import gemini from 'lunaroute/plugins/gemini'
import health from 'lunaroute/plugins/health'
import metrics from 'lunaroute/plugins/metrics'
import modelMap from 'lunaroute/plugins/model-map'
import openai from 'lunaroute/plugins/openai'
import streamUsage from 'lunaroute/plugins/stream-usage'
import translate from 'lunaroute/plugins/translate'
import validate from 'lunaroute/plugins/validate'

// One OpenAI endpoint for OpenAI, Anthropic and Gemini, behind keys of its own. See docs/llm-gateway.md.
export default definePreset(
  [
    openai(),
    anthropic(),
    gemini(),

    // Open to all: these stand before the keys.
    health(), // /health, /ready
    metrics({ llm: true }), // /metrics, with tokens and requests by key

    // Everything else needs a key of [[api_keys]].
    apiKeys([]),
    validate(),
    streamUsage(), // for /metrics: Chat streams tell their tokens only when asked

    // [models.X] says where a model goes; /v1/models lists them, and there are no others. Foreign dialects are translated.
    modelMap({ '*': false }),
    translate(),

    accessLog(),
  ],
  // LLM_GATEWAY__SERVER__PORT=9000 is [server] port = 9000.
  { variables: 'LLM_GATEWAY__' },
)
