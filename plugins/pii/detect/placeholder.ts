const PLACEHOLDER =
  /^(?:[*•.·_-]+|<.*|\$.*|%.*|\{.*|&.*|@.*|#.*|.*(?:\.{3}|…|\*{3}|xxxx).*|(?:string|null|nil|none|undefined|true|false|required|optional|hidden|redacted|masked|secret|password|token|env|empty|unset|unknown|invalid|expired|missing|disabled|enabled|default|example|sample|test|todo|tbd|changeme|change_me|placeholder|dummy|foobar|value|n\/a)s?)$/i
const TOLD =
  /(?:^|[-_ ])(?:your|my|insert|enter|replace|change|put|fake|dummy|placeholder|sample|redacted|goes)(?:[-_ ]|$)|(?:^|[-_ ])(?:example|here)$/
const CODE =
  /^(?:process\.|os\.|env\.|import\.|config\.|settings\.|self\.|this\.|req\.|request\.|ctx\.|secrets\.|vars\.|data\.|var\.|local\.|params\.|options\.|opts\.|args\.|vault:|ref:|arn:|file:|https?:|\/|\.\/)/i
const MEMBER = /^[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)+[;:]?$/

/** Whether a value only stands where a secret would: a variable, an example's blank, a word about it. */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value) || TOLD.test(value.toLowerCase()) || CODE.test(value) || MEMBER.test(value)
}

/** Whether a value looks drawn at random: letters and digits, and few of them twice. */
export function isRandom(value: string, minDistinct: number): boolean {
  return /\d/.test(value) && /[A-Za-z]/.test(value) && new Set(value).size >= minDistinct
}
