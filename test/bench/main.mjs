import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { figuresOf, Measures } from './measures.mjs'
import { choose, readOptions } from './options.mjs'
import { plot } from './plot.mjs'
import { page, report } from './report.mjs'
import { Rig } from './rig.mjs'
import { SUBJECTS } from './subjects.mjs'
import { workloadGroups } from './workloads.mjs'

const options = readOptions(process.argv.slice(2))
const groups = choose(workloadGroups(options.isQuick), options.only, group => group.id, 'workload')
const chosen = choose(
  [{ name: 'direct', missing: () => null }, ...SUBJECTS],
  options.subjects,
  kind => kind.name,
  'subject',
)
const skipped = chosen.filter(kind => kind.missing() !== null).map(kind => `${kind.name}, because ${kind.missing()}`)
const kinds = chosen.filter(kind => kind.missing() === null)
const folder = mkdtempSync(path.join(os.tmpdir(), 'lunaroute-bench-'))

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

for (const reason of skipped) console.log(`left out: ${reason}`)
const measures = new Measures()
const rig = await Rig.start(folder)
for (let round = 0; round < options.rounds; round++) {
  for (const group of groups) await measure(round, group)
}
await rig.close()

const { date, command } = options
const content = report({ measures, groups, subjects: kinds.map(kind => kind.name), options, skipped })
console.log(`\n${content}`)
if (measures.errors > 0) {
  console.log(`${measures.errors} requests failed: these numbers are not to be trusted.`)
  process.exitCode = 1
}
if (options.markdown) writeFileSync(options.markdown, page(content))
const drawing = plot(measures)
if (options.svg && drawing) writeFileSync(options.svg, drawing)
if (options.json)
  writeFileSync(options.json, `${JSON.stringify({ date, command, node: process.version, measures }, null, 1)}\n`)

// Fresh processes for every group and round: no subject carries another workload's heap, and no lucky start decides. Several
// passes over them, for the machine's other guests come and go.
async function measure(round, group) {
  const subjects = []
  try {
    for (const kind of kinds.filter(each => group.subjects.includes(each.name))) {
      const subject = await rig.subject(kind)
      subjects.push(subject)
      measures.addStart(subject.name, subject.startMs)
    }
    for (const subject of subjects) await rig.load(group.warm, subject)
    const passes = options.isQuick ? 1 : group.passes
    for (const run of group.runs) {
      for (let pass = 0; pass < passes; pass++) {
        const turn = round * passes + pass
        for (const subject of rotated(subjects, turn)) await measureOne(turn, run, subject)
      }
    }
  } finally {
    await rig.stop(subjects)
  }
}

// `direct` stays first, for the others are compared with it; they take turns at the place after it.
function rotated(subjects, round) {
  const direct = subjects.filter(subject => subject.name === 'direct')
  const others = subjects.filter(subject => subject.name !== 'direct')
  const first = round % Math.max(1, others.length)
  return [...direct, ...others.slice(first), ...others.slice(0, first)]
}

async function measureOne(turn, run, subject) {
  const result = await rig.load(run, subject)
  const figures = figuresOf(run, result, measures.direct(turn, run.id))
  measures.add(turn, run.id, subject.name, figures)
  const cost = figures.cpuUs === null ? 'nothing done' : `${figures.cpuUs.toFixed(1)} us/${run.unit}`
  const errors = figures.errors > 0 ? `, ${figures.errors} errors (${figures.problem})` : ''
  console.log(`turn ${turn + 1} ${run.id} ${subject.name}: ${cost}${errors}`)
}
