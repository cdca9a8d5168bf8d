/** How names of what is secret end, as variables, fields, headers and sentences call it. */
const NAMES =
  'pass(?:word|wd|phrase|code)|pwd|key(?:[-_ ]?id)?|secret|token|credentials?|passwort|kennwort|contrase[nñ]a|mot de passe|senha|парол[ья]|密码|密碼|パスワード'
/** Of keys there are many kinds; these are secret. */
const SECRET_KEY = /(?:api|access|secret|private|signing|encryption|account|shared|master|auth|storage)[-_ ]?$/i
/** `nextPageToken` and its like: places in a list, and words of a vocabulary. */
const NO_SECRET =
  /(?:turn|page|continuation|next|cursor|sync|stop|start|end|eos|bos|pad|special|idempotency|cache|partition|primary|foreign|sort|public)[-_ ]?$/i

/** Whether a name that ends so is one of something secret, by what stands before its end. */
export function namesSecret(ending: string, before: string): boolean {
  return /^key/i.test(ending) ? SECRET_KEY.test(before) : !NO_SECRET.test(before)
}

const OPERATOR = '(?:=>|:=|[:=：]|[ \\t](?:is|ist|es|est|é|are)(?=[ \\t:])[ \\t]?:?)'
/** What may stand between a name and its operator, and an operator and its value. */
const CLOSING = '\\\\{0,3}["\'\\]]{0,2}[ \\t]{0,3}'
const OPENING = '[ \\t]{0,3}'

/** A name and the operator behind it: `"password": `, `DB_PASSWORD=`, `my password is `. */
export const ASSIGNMENT = `(${NAMES})${CLOSING}(${OPERATOR})${OPENING}`

/** How long a value in quotes may be. */
export const MAX_QUOTED = 200

/** Whether a text ends within an assignment whose value may still come, or within the quotes of one. */
export function endsInAssignment(tail: string): boolean {
  return OPEN_NAME.test(tail) || OPEN_VALUE.test(tail)
}

const OPEN_NAME = new RegExp(
  `(?:${NAMES}|mot(?: de)?|密|パ|パス|パスワ|パスワー)` +
    `${CLOSING}(?:=>?|:=?|：|[ \\t](?:i|is|ist|e|es|est|é|a|ar|are)[ \\t]?:?)?[ \\t]{0,3}\\\\{0,3}["']?$`,
  'i',
)
const OPEN_VALUE = new RegExp(
  `(?:${NAMES})${CLOSING}${OPERATOR}${OPENING}\\\\{0,3}(?:"[^"\\\\\\n]{0,${MAX_QUOTED}}|'[^'\\\\\\n]{0,${MAX_QUOTED}})\\\\{0,3}$`,
  'i',
)

/** Fields of JSON whose text is a secret whatever it looks like. */
export function isSecretField(name: string): boolean {
  return SECRET_FIELD.test(name)
}

const SECRET_FIELD =
  /^(?:[a-z0-9]+[-_ ])*(?:password|passwd|pwd|passphrase|secret|client[-_ ]?secret|api[-_ ]?key|apikey|x[-_]api[-_]key|secret[-_ ]?(?:access[-_ ]?)?key|private[-_ ]?key|access[-_ ]?token|refresh[-_ ]?token|auth[-_ ]?token|id[-_ ]?token|session[-_ ]?token|bearer[-_ ]?token|authorization)$/i
