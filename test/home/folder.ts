import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes the folder for the homes of tests before all of them, and takes it away after them. */
export default function setup(): () => void {
  const homes = mkdtempSync(join(tmpdir(), 'lunaroute-test-homes-'))
  process.env.HOMES_OF_TESTS = homes
  // A gateway that a test has stopped may be writing its last lines.
  return () => rmSync(homes, { recursive: true, force: true, maxRetries: 5 })
}
