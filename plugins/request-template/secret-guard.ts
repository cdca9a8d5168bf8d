const PREFIX = /^(?:AWS|GITHUB|GITLAB|AZURE|GCP|GOOGLE|DOCKER|NPM|PYPI|CARGO|OPENAI|ANTHROPIC|GEMINI)_/
const WORD =
  /_(?:API_?KEY|KEY|SECRET|PASSW(?:OR)?D|PASSPHRASE|TOKEN|CREDS|CREDENTIAL|AUTH|PRIVATE|CERT|PEM|JWT|OAUTH|(?:PASS|PWD|PAT|DSN|COOKIE)(?:_|$))/
const WHOLE = /^(?:API_?KEY|PASSWORD|PASSWD|PASSPHRASE|SECRETS?|TOKEN|KEY|CREDENTIALS?|AUTH|DSN|JWT)$/
/** Keys of well-known makers, tokens with three parts, PEM blocks, and URLs with a password. */
const VALUE =
  /\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{8}|\bgh[pousr]_|\bgithub_pat_|\bglpat-|\bxox[abeprs]-|\bAKIA[A-Z0-9]{12}|\bAIza[\w-]{20}|\bhf_[A-Za-z0-9]{8}|\beyJ[\w-]{8,}\.[\w-]+\.|-----BEGIN |:\/\/[^\s/@]*:[^\s/@]+@/

/** Whether a variable of the environment may hold a secret: by its name, in whatever case, or by what it looks like. */
export function isSecret(name: string, value: string): boolean {
  const upper = name.toUpperCase()
  return PREFIX.test(upper) || WORD.test(upper) || WHOLE.test(upper) || VALUE.test(value)
}
