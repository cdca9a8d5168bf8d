const MASK = '***'

// `x-ratelimit-remaining-tokens` is no secret, so a name has to end in the word.
const SECRET_NAME =
  /(?:^|[-_])(?:authorization|api[-_]?key|apikey|key|token|secret|password|passwd|cookie2?|signature|sig|credentials?|code)$/i
/** Whose account it is: no secret, yet no business of whoever reads the log. */
const ACCOUNT_NAME = /(?:^|[-_])(?:account|organi[sz]ation|project|tenant|user)(?:[-_]?id)?$/i
const SECRET_VALUE =
  /\b(?:(?:Bearer|Basic) +\S+|(?:sk|pk|rk|gsk|ghp|gho|ghs|ghu|xox[abpr])[-_][\w-]{8,}|AIza[\w-]{20,}|AKIA[A-Z0-9]{12,}|ey[JI][\w-]{8,}\.[\w-]+\.[\w-]*)/gi

/** A header's value as it may be logged. `undefined` is a credential, which plugins do not get to see. */
export function maskHeader(name: string, value: string | undefined): string {
  if (value === undefined || SECRET_NAME.test(name) || ACCOUNT_NAME.test(name)) return MASK
  return maskText(value)
}

/** A query as it may be logged. */
export function maskQuery(query: string): string {
  const parts = query.split('&').map(part => {
    const [name = '', ...value] = part.split('=')
    return value.length > 0 && SECRET_NAME.test(decoded(name)) ? `${name}=${MASK}` : maskText(part)
  })
  return parts.join('&')
}

/** A text without what looks like a key in it. */
export function maskText(text: string): string {
  return text.replace(SECRET_VALUE, MASK)
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
