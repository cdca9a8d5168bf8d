/** What a codec reads a provider's error from: the JSON in its body, or the text of one that is none. */
export function errorBody(bytes: Buffer): unknown {
  const text = bytes.toString()
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
