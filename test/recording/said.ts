/** What an answer says, in terms that all APIs share. Undefined where the provider did not tell. */
export interface Said {
  readonly text: string
  readonly calls: readonly { readonly name: string; readonly input: unknown; readonly id: string | undefined }[]
  readonly stop: string | undefined
  readonly input: number | undefined
  readonly output: number | undefined
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly reasoning: number
}

export function joined(texts: readonly string[]): string {
  return texts.filter(each => each !== '').join('\n')
}

/** JSON text as its value; text that is none as it is. Nothing at all is an empty object. */
export function json(text: string | null | undefined): unknown {
  if (text === null || text === undefined || text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
