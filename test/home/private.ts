import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'

// Gateways keep sessions, keys and notes below the home folder. Each test file has one of its own: that of whoever runs
// the tests is not to be touched, and two gateways that write into the same folder would wait for each other.
const home = mkdtempSync(join(process.env.HOMES_OF_TESTS!, 'home-'))
Object.assign(process.env, { HOME: home, USERPROFILE: home })
