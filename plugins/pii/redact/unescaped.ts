const ESCAPES = /%([2-7][\da-f])|\\+u00([2-7][\da-f])/gi

/**
 * A text with the characters themselves that are written as in a URL (`%40`), or as in JSON (`\\u0040`) that is no JSON
 * because it broke off. Those of ASCII: nothing else is needed to recognise what is personal.
 */
export function unescaped(text: string): string {
  if (!text.includes('%') && !text.includes('\\u00')) return text
  return text.replace(ESCAPES, (_, url?: string, json?: string) =>
    String.fromCharCode(Number.parseInt(url ?? json!, 16)),
  )
}
