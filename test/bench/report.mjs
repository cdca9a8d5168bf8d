import os from 'node:os'
import { CORES } from './processes.mjs'
import { judge } from './targets.mjs'

const cpu = figures => figures.cpuUs
const COLUMNS = ['x lean', 'x nginx', 'added p50', 'p95', 'p99', 'added first byte p50', 'added chunk delay p50', 'p99']

/** The report as Markdown: the machine, the targets, then one table for each run. */
export function report({ measures, groups, subjects, options, skipped }) {
  const parts = [machine(options), ...skipped.map(reason => `Left out: ${reason}.`), targets(measures)]
  for (const { id, title, runs } of groups) {
    parts.push(`## ${id}: ${title}`, ...runs.map(run => table(measures, run, subjects)))
  }
  parts.push(starts(measures, subjects))
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

/** The page for the documentation: the report below a title and what the figures mean. */
export function page(content) {
  return `# Benchmarks

What the gateway costs beside a direct request, a lean Node proxy and nginx.

Each figure is the median of the passes (three in a round, of W5 one, of W9 and W10 nine); a ratio is taken within a pass,
between subjects one after the other, and then its median: trust ratios, not absolutes. CPU is that of the subject's whole
process tree. Times are milliseconds.
\`lean\` is node:http and undici with no feature (test/bench/lean.mjs); \`direct\` is the mock upstream itself.
At concurrency 1, and in W2@16, direct and proxied requests alternate in one run; elsewhere what is added is the difference
to the direct run of the same pass, which under full load says more about queueing than about the proxy.

![CPU of each subject beside that of a lean proxy](benchmarks.svg)

${content}`
}

function machine({ date, command, rounds }) {
  const cpus = os.cpus()
  const name = cpus[0].model.trim()
  const place = CORES ? 'the subject on a core of its own' : 'no core set apart for the subject'
  const times = `${rounds} ${rounds === 1 ? 'round' : 'rounds'}`
  return `${date}, \`${command}\`, ${times}, Node ${process.versions.node}, ${cpus.length} x ${name}, ${place}.`
}

function targets(measures) {
  const rows = judge(measures).map(({ what, run, subject, to, limit, unit, reached, verdict }) => {
    const number = value =>
      unit === undefined ? value.toFixed(2) : `${value.toFixed(unit === ' ms' && limit < 10 ? 2 : 0)}${unit}`
    const bound = to === undefined ? number(limit) : `${limit} x ${to}`
    const limitText = Number.isFinite(limit) ? bound : '-'
    return [`${what}${run ? ` (${run})` : ''}`, subject, limitText, reached === null ? '-' : number(reached), verdict]
  })
  return `## Targets\n\n${lines(['target', 'subject', 'at most', 'reached', ''], rows)}`
}

function table(measures, run, subjects) {
  const rows = subjects
    .filter(subject => measures.has(run.id, subject))
    .map(subject => {
      const of = read => measures.of(run.id, subject, read)
      const isDirect = subject === 'direct'
      const cells = ['lean', 'nginx'].map(other => (isDirect ? null : measures.ratio(run.id, subject, other, cpu)))
      for (const key of ['p50', 'p95', 'p99', 'firstByteP50', 'delayP50', 'delayP99']) {
        cells.push(isDirect ? null : of(figures => figures.added[key]))
      }
      const percent = of(figures => figures.cpuPercent)
      return [
        subject,
        `${fixed(of(cpu), 1)}${percent === null ? '' : ` (${percent.toFixed(0)} %)`}`,
        fixed(
          of(figures => figures.mainUs),
          1,
        ),
        ...cells.map(value => fixed(value, 2)),
        fixed(
          of(figures => figures.perSecond),
          0,
        ),
        fixed(
          of(figures => figures.rssMb),
          0,
        ),
        String(measures.sum(run.id, subject, figures => figures.errors)),
      ]
    })
  const head = [run.id, `CPU us/${run.unit}`, 'serving thread', ...COLUMNS, 'requests/s', 'RSS MB', 'errors']
  return lines(head, rows)
}

function starts(measures, subjects) {
  const rows = subjects.map(subject => [subject, measures.startMs(subject)]).filter(([, ms]) => ms !== null)
  if (rows.length === 0) return ''
  return `## Start-up\n\n${lines(
    ['subject', 'ms from spawn to the first reply'],
    rows.map(([name, ms]) => [name, fixed(ms, 0)]),
  )}`
}

// A Markdown table with its columns aligned, so that it also reads well in a terminal.
function lines(head, rows) {
  const widths = head.map((title, i) => Math.max(3, title.length, ...rows.map(row => row[i].length)))
  const line = cells => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

function fixed(value, digits) {
  return value === null ? '-' : value.toFixed(digits)
}
