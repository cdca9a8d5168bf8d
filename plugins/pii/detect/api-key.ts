import { isWord } from './characters.ts'
import { allMatches, type Detector } from './match.ts'
import { isPlaceholder, isRandom } from './placeholder.ts'

/** Keys that say by their beginning whose they are. No alternative begins with anything that repeats, so all is linear. */
const SHAPES = [
  // OpenAI, Anthropic, OpenRouter, DeepSeek and others that took over the form.
  'sk-[A-Za-z0-9_-]{16,}',
  // Stripe.
  '(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}',
  'whsec_[A-Za-z0-9+/]{24,}',
  // Google.
  'AIza[A-Za-z0-9_-]{35}',
  'GOCSPX-[A-Za-z0-9_-]{20,}',
  'ya29\\.[A-Za-z0-9_-]{20,}',
  // AWS.
  '(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ANVA|ABIA|ACCA)[A-Z0-9]{16}',
  // GitHub, GitLab.
  'gh[pousr]_[A-Za-z0-9]{30,}',
  'github_pat_[A-Za-z0-9_]{22,}',
  'gl(?:pat|ptt|dt|rt|soat)-[A-Za-z0-9_.-]{20,}',
  // Slack.
  'xox[abeoprs]-[A-Za-z0-9-]{10,}',
  'xapp-\\d-[A-Za-z0-9-]{20,}',
  'hooks\\.slack\\.com/(?:services|workflows)/[A-Za-z0-9/]{20,}',
  // Groq, xAI, Hugging Face, Perplexity, NVIDIA, Replicate, Fireworks, Cerebras, Tavily.
  'gsk_[A-Za-z0-9]{20,}',
  'xai-[A-Za-z0-9]{20,}',
  'hf_[A-Za-z0-9]{30,}',
  'pplx-[A-Za-z0-9]{20,}',
  'nvapi-[A-Za-z0-9_-]{20,}',
  'r8_[A-Za-z0-9]{30,}',
  'fw_[A-Za-z0-9]{20,}',
  'csk-[A-Za-z0-9]{20,}',
  'tvly-[A-Za-z0-9-]{20,}',
  // npm, PyPI, Docker, Terraform, Vault, Databricks, Pulumi, Sentry, Grafana, Doppler.
  'npm_[A-Za-z0-9]{36}',
  'pypi-[A-Za-z0-9_-]{40,}',
  'dckr_pat_[A-Za-z0-9_-]{20,}',
  'hvs\\.[A-Za-z0-9_-]{20,}',
  'dapi[0-9a-f]{32}',
  'pul-[0-9a-f]{40}',
  'sntrys_[A-Za-z0-9_+/=-]{40,}',
  'gl(?:sa|c)_[A-Za-z0-9_+/=]{30,}',
  'dp\\.(?:pt|st|ct)\\.[A-Za-z0-9]{30,}',
  // SendGrid, Mailgun, Twilio, DigitalOcean, Shopify, Square, Linear, Notion, Airtable, Telegram.
  'SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{32,64}',
  'key-[0-9a-f]{32}',
  '(?:AC|SK)[0-9a-f]{32}',
  'do[opr]_v1_[0-9a-f]{64}',
  'shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}',
  'sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}',
  'lin_api_[A-Za-z0-9]{32,}',
  '(?:ntn|secret)_[A-Za-z0-9]{40,}',
  'pat[A-Za-z0-9]{14}\\.[0-9a-f]{64}',
  '\\d{8,10}:AA[A-Za-z0-9_-]{33}',
]
const KEY = new RegExp(`(?<![A-Za-z0-9_.+-])(?:${SHAPES.join('|')})(?![A-Za-z0-9])`, 'g')

/** The shortest that any shape matches. */
const SHORTEST = 15

/** Finds keys of well-known services by their shape, in runs of characters long enough to be one. */
export const detectApiKeys: Detector = function* ({ text, from }) {
  for (const { start, end } of longRuns(text, from)) {
    // With one character more on either side, for the shapes to see what they stand between.
    const first = Math.max(0, start - 1)
    const run = text.slice(first, end + 1)
    for (const found of allMatches(KEY, run, start - first)) {
      const [key] = found
      if (isPlaceholder(key) || !isRandom(key, 8)) continue
      // `sk-` begins words as well: a key has capitals or many digits.
      const isVague = key.startsWith('sk-') && key.replace(/[^\dA-Z]/g, '').length < 3
      const at = first + found.index
      yield { type: 'api_key', start: at, end: at + key.length, confidence: isVague ? 0.5 : 0.95 }
    }
  }
}

/** Runs of what keys are made of. One that long has a character at some multiple of its least length. */
function* longRuns(text: string, from: number): Generator<{ readonly start: number; readonly end: number }> {
  for (let place = from + SHORTEST - 1; place < text.length; place += SHORTEST) {
    if (!isOfKey(text.charCodeAt(place))) continue
    let start = place
    while (start > from && isOfKey(text.charCodeAt(start - 1))) start--
    let end = place + 1
    while (end < text.length && isOfKey(text.charCodeAt(end))) end++
    if (end - start >= SHORTEST) yield { start, end }
    place = end - 1
  }
}

/** Letters, digits and `_ - . / + = :`. */
function isOfKey(code: number): boolean {
  return isWord(code) || (code >= 0x2d && code <= 0x2f) || code === 0x2b || code === 0x3d || code === 0x3a
}
