import { definePreset } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import gemini from 'lunaroute/plugins/gemini'
import openai from 'lunaroute/plugins/openai'

// The dialects and nothing else: bytes in, bytes out. No hook is tapped, so this is the baseline of every benchmark.
export default definePreset([openai(), anthropic(), gemini()])
