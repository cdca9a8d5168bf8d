import { definePreset } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import gemini from 'lunaroute/plugins/gemini'
import modelMap from 'lunaroute/plugins/model-map'
import openai from 'lunaroute/plugins/openai'
import translate from 'lunaroute/plugins/translate'

// Any client to any provider: `models` of the config says which provider serves a model, and where that one speaks
// another dialect than the client, `translate` stands between them. Where it speaks the same, bytes stay bytes.
export default definePreset([openai(), anthropic(), gemini(), modelMap(), translate()])
