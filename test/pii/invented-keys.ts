import { createHash } from 'node:crypto'

/**
 * Keys of the shapes that services give out, made anew in each run from a fixed seed: no scanner of secrets finds one in
 * the repository, and none was ever valid.
 */
export function inventedKey(shape: string, seed: string): string {
  const make = SHAPES[shape]
  if (!make) throw new Error(`no shape is called ${shape}`)
  return make((length, alphabet = ALL) => drawn(`${shape} ${seed}`, length, alphabet))
}

type Draw = (length: number, alphabet?: string) => string

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const UPPER = LOWER.toUpperCase()
const DIGITS = '0123456789'
const ALL = LOWER + UPPER + DIGITS
const HEX = `${DIGITS}abcdef`

const SHAPES: Readonly<Record<string, (draw: Draw) => string>> = {
  openai: draw => `${'sk'}-${draw(48)}`,
  'openai-project': draw => `${'sk'}-proj-${draw(74)}_${draw(40)}-${draw(8)}`,
  anthropic: draw => `${'sk'}-ant-api03-${draw(60)}-${draw(32)}AA`,
  openrouter: draw => `${'sk'}-or-v1-${draw(64, HEX)}`,
  google: draw => `${'AI'}za${draw(35)}`,
  aws: draw => `${'AK'}IA${draw(16, UPPER + DIGITS)}`,
  github: draw => `${'gh'}p_${draw(36)}`,
  'github-fine': draw => `${'github'}_pat_${draw(22)}_${draw(59)}`,
  gitlab: draw => `${'gl'}pat-${draw(20)}`,
  slack: draw => `${'xo'}xb-${draw(12, DIGITS)}-${draw(12, DIGITS)}-${draw(24)}`,
  'stripe-live': draw => `${'sk'}_live_${draw(24)}`,
  'stripe-test': draw => `${'rk'}_test_${draw(40)}`,
  'stripe-webhook': draw => `${'wh'}sec_${draw(32)}`,
  huggingface: draw => `${'h'}f_${draw(34)}`,
  npm: draw => `${'n'}pm_${draw(36)}`,
  sendgrid: draw => `${'S'}G.${draw(22)}.${draw(43)}`,
  groq: draw => `${'g'}sk_${draw(52)}`,
  xai: draw => `${'x'}ai-${draw(80)}`,
  digitalocean: draw => `${'do'}p_v1_${draw(64, HEX)}`,
  telegram: draw => `${draw(10, '123456789')}:${'A'}A${draw(33)}`,
  shopify: draw => `${'sh'}pat_${draw(32, HEX)}`,
  jwt: draw => `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: draw(8), iat: 1767225600 })}.${draw(43)}`,
  bearer: draw => draw(40),
  basic: draw => Buffer.from(`${draw(6, LOWER)}:${draw(10)}`).toString('base64'),
  random32: draw => draw(32),
  random40: draw => `${draw(20)}/${draw(19)}`,
  pem: draw => pem('PRIVATE KEY', draw),
  'pem-rsa': draw => pem('RSA PRIVATE KEY', draw),
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function pem(label: string, draw: Draw): string {
  const body = draw(400)
    .match(/.{1,64}/g)!
    .join('\n')
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`
}

/** Characters drawn evenly enough, the same for the same seed. */
function drawn(seed: string, length: number, alphabet: string): string {
  let out = ''
  for (let block = 0; out.length < length; block++) {
    const bytes = createHash('sha256').update(`${seed} ${block}`).digest()
    for (const byte of bytes) if (out.length < length) out += alphabet[byte % alphabet.length]
  }
  return out
}
