import { definePlugin } from 'lunaroute'
import { afterAll, beforeAll, expect, test } from 'vitest'
import fallback from '../../plugins/fallback/index.ts'
import retry from '../../plugins/retry/index.ts'
import timeouts from '../../plugins/timeouts/index.ts'
import { FAULTS } from './faults.ts'
import { SIDES, type Understood, understand } from './sides.ts'
import { type Case, inParallel, type Played, type Stage, setStage } from './stage.ts'

/** Milliseconds that a stalling provider may be silent. */
const PATIENCE = 500
const WIDTH = 40

const limits = timeouts({
  providers: Object.fromEntries(
    SIDES.map(({ name }) => [`stalling-${name}`, { first_byte_ms: PATIENCE, answer_ms: PATIENCE, idle_ms: PATIENCE }]),
  ),
})
const noRetries = { retries: 0, on: [] }
const eager = { delay_ms: 1, budget_ratio: 10, budget_min_per_second: 1000 }

const reader = definePlugin({
  name: 'reader',
  setup: () => ({ streamChunk: chunk => void chunk.json() }),
})

let plain: Stage
let patient: Stage
let retrying: Stage
/** Where a plugin has every response taken apart, too. */
let tapped: Stage
const counts: Record<string, number> = {}
beforeAll(async () => {
  const quiet = fallback({ keep_alive_after_ms: 0 })
  plain = await setStage([quiet, retry(noRetries), limits])
  patient = await setStage([fallback({ keep_alive_after_ms: 40 }), retry(noRetries), limits])
  retrying = await setStage([quiet, retry(eager), limits])
  tapped = await setStage([reader(), fallback({ keep_alive_after_ms: 40 }), retry(eager), limits])
})
afterAll(async () => {
  const all = Object.values(counts).reduce((sum, each) => sum + each, 0)
  console.log(`the fault matrix has ${all} cells: ${JSON.stringify(counts)}`)
  await Promise.all([plain, patient, retrying, tapped].map(stage => stage?.close()))
})

/** {stream, whole} x four dialects x {same, other} dialect of the primary. */
const REQUESTS = SIDES.flatMap(side =>
  [true, false].flatMap(isStream => [side.name, side.other].map(primary => ({ side, isStream, primary }))),
)

const TOLD = FAULTS.filter(({ isNothing }) => !isNothing)

test('a fallback answers in place of any provider that fails before its first words', async () => {
  const cases: Case[] = FAULTS.flatMap(fault =>
    REQUESTS.flatMap(each => [each.side.name, each.side.other].map(backup => ({ ...each, fault, backup }))),
  )
  await judged('with a fallback', plain, cases, ({ fault, isStream }, got, { backup }) => {
    if (fault.isLate && isStream) return brokenOff(got, backup)
    return [...hello(got), ...(backup === 1 ? [] : [`the fallback was asked ${backup} times`])]
  })
})

test('without a fallback the client gets the right error in its own dialect', async () => {
  const cases: Case[] = TOLD.flatMap(fault => REQUESTS.map(each => ({ ...each, fault })))
  await judged('without', plain, cases, ({ fault, isStream, side, primary }, got) => {
    if (fault.isLate && isStream) return brokenOff(got, 0)
    const problems = got.isFailure ? [] : [`it looks like an answer: ${JSON.stringify(got)}`]
    const isTold = fault.name.includes('inside a 200')
    if (!statuses(fault.status, side.name === primary && !isTold).includes(got.status)) {
      problems.push(`status ${got.status} for ${fault.status}`)
    }
    if (fault.retryAfter !== got.retryAfter) problems.push(`retry-after: ${got.retryAfter}`)
    return problems
  })
})

test('a retry answers after any fault that comes before the first words', async () => {
  const cases: Case[] = FAULTS.filter(fault => fault.at === 'faulty' && !fault.retryAfter && !fault.isForeign).flatMap(
    fault => REQUESTS.map(each => ({ ...each, fault, failures: 2 })),
  )
  await judged('with retries', retrying, cases, ({ fault, isStream }, got, { primary }) => {
    if (fault.isLate && isStream) return brokenOff(got, 0)
    return [...hello(got), ...(primary === 3 ? [] : [`the provider was asked ${primary} times`])]
  })
})

test('a reader that was told to wait gets the answer of the fallback in the same stream', async () => {
  const cases: Case[] = FAULTS.filter(fault => fault.at !== 'dead').flatMap(fault =>
    REQUESTS.filter(({ isStream }) => isStream).flatMap(each =>
      [each.side.name, each.side.other].map(backup => ({ ...each, fault, backup, delay: 120 })),
    ),
  )
  await judged('with a fallback, after keep-alives', patient, cases, ({ fault }, got, { backup, response }) => {
    const problems = response.body.length > 0 && isPing(response.body) ? [] : ['there was no sign before the answer']
    return [...problems, ...(fault.isLate ? brokenOff(got, backup) : hello(got))]
  })
})

test('a reader that was told to wait is told of the failure in its stream', async () => {
  const cases: Case[] = TOLD.filter(fault => fault.at !== 'dead').flatMap(fault =>
    REQUESTS.filter(({ isStream }) => isStream).map(each => ({ ...each, fault, delay: 120 })),
  )
  await judged('without, after keep-alives', patient, cases, (_, got, { response }) => {
    const problems = isPing(response.body) ? [] : ['there was no sign before the answer']
    if (got.status !== 200) problems.push(`status ${got.status}`)
    if (!got.isFailure) problems.push('it looks like an answer')
    return problems
  })
})

test('the same holds where a plugin reads every event and attempts are made again', async () => {
  const cases: Case[] = FAULTS.filter(fault => fault.at === 'faulty' && !fault.isForeign).flatMap(fault =>
    REQUESTS.flatMap(each => [
      { ...each, fault, backup: each.side.other, delay: 60 },
      { ...each, fault, failures: 1, delay: 60 },
      ...(fault.isLate && each.isStream ? [] : [{ ...each, fault, backup: each.side.name, failures: 3 }]),
    ]),
  )
  await judged('with all of it', tapped, cases, ({ fault, isStream, backup, failures = 9 }, got, played) => {
    if (fault.isLate && isStream) return brokenOff(got, played.backup)
    // One asked to come back in half a minute is not asked again here.
    const isImpatient = fault.retryAfter !== undefined
    if (isImpatient && !backup) return got.isFailure ? [] : ['it looks like an answer']
    const tries = isImpatient ? 1 : Math.min(failures, 3) + 1
    return [...hello(got), ...(played.primary === tries ? [] : [`the provider was asked ${played.primary} times`])]
  })
})

async function judged(
  what: string,
  stage: Stage,
  cases: readonly Case[],
  judge: (each: Case, got: Understood, played: Played) => readonly string[],
): Promise<void> {
  const wrong: string[] = []
  counts[what] = cases.length
  await inParallel(cases, WIDTH, async each => {
    const played = await stage.play(each)
    const got = understand(each.side, played.response)
    const problems = [...got.problems, ...judge(each, got, played)]
    if (problems.length === 0) return
    const { side, isStream, primary, backup = 'none', fault } = each
    wrong.push(
      `${side.name}${isStream ? ', stream' : ''}: ${primary} ${fault.name}, then ${backup}: ${problems.join('; ')}`,
    )
  })
  expect(wrong).toEqual([])
}

/** Exactly the good answer, once. */
function hello({ status, text, isFailure }: Understood): readonly string[] {
  const problems = status === 200 ? [] : [`status ${status}`]
  if (isFailure) problems.push('the client was told of a failure')
  if (text !== 'Hello.') problems.push(`it says ${JSON.stringify(text)}`)
  return problems
}

/** A beginning, and then visibly no more: nobody takes over in the middle. */
function brokenOff({ text, isFailure }: Understood, backup: number): readonly string[] {
  const problems = isFailure ? [] : ['it looks whole']
  if (backup > 0) problems.push('another provider was asked')
  if (text !== 'Pri') problems.push(`it says ${JSON.stringify(text)}`)
  return problems
}

/** What a status may become on the way to a client of another dialect. */
function statuses(status: number, isUntouched: boolean): readonly number[] {
  if (isUntouched) return [status]
  // Not every dialect has a word for a server that is overloaded.
  return status === 529 || status === 503 ? [500, 503, 529] : [status]
}

/** A comment, a ping or an empty line before any event with content. */
function isPing(body: Buffer): boolean {
  return /^(?:event: ping\n|: ?\w|\n)/.test(body.toString())
}
