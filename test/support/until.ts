/** Resolves as soon as something is so; rejects when it has not become so in time. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, milliseconds = 5000): Promise<void> {
  const deadline = performance.now() + milliseconds
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${what}`)
    await pause(10)
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
