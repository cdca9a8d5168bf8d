import './node-flags.mjs'
import { setTimeout as delay } from 'node:timers/promises'
import { Connection } from './connection.mjs'
import { jsonReply, sseReply } from './mock-replies.mjs'
import { cpuNs, mainThreadNs, peakRssMb, resetPeakRss } from './proc-stats.mjs'
import { Samples } from './samples.mjs'
import { requestOf } from './workloads.mjs'

// The load generator: a process of its own that takes one job at a time over IPC and answers with its measures.
// A job: { workload, model, port, directPort, pids, concurrency, isPaired, isTranslated, rampMs, runMs, maxRequests,
// perSecond }

const GRACE_MS = 30_000

process.on('message', job => {
  run(job).then(
    result => process.send(result),
    error => process.send({ failure: error.message }),
  )
})
process.on('disconnect', () => process.exit())

async function run(job) {
  const subject = sideOf(job, job.port)
  const direct = job.isPaired ? sideOf(job, job.directPort) : null
  const expect = expectedReply(job)
  const slots = Array.from({ length: job.concurrency }, () =>
    [subject, direct].filter(Boolean).map(side => new Connection(side, expect)),
  )
  await Promise.all(slots.flat().map(connection => connection.open()))
  resetPeakRss(job.pids)
  const cpuBefore = cpuNs(job.pids)
  const mainBefore = mainThreadNs(job.pids)
  const startedAt = performance.now()
  await load(job, slots)
  const seconds = (performance.now() - startedAt) / 1e3
  const cpu = cpuNs(job.pids) - cpuBefore
  const main = mainThreadNs(job.pids) - mainBefore
  for (const connection of slots.flat()) connection.close()
  return {
    seconds,
    cpuNs: cpu,
    mainNs: main,
    rssMb: peakRssMb(job.pids),
    subject: measures(subject),
    direct: direct && measures(direct),
  }
}

// Every slot sends one request after the other, alternating its connections, until time or count is used up. With
// `perSecond`, requests begin at even distances, whichever slot's turn it is.
async function load(job, slots) {
  const endAt = performance.now() + job.rampMs + job.runMs
  const overdue = setTimeout(
    () => {
      for (const connection of slots.flat()) connection.socket.destroy(new Error('no reply in time'))
    },
    job.rampMs + job.runMs + GRACE_MS,
  )
  let left = job.maxRequests
  const beginAt = performance.now()
  let begun = 0
  const work = async (slot, i) => {
    await delay((i * job.rampMs) / slots.length)
    for (let turn = i; left > 0 && performance.now() < endAt; turn++) {
      left--
      if (job.perSecond) await delay(Math.max(0, beginAt + (begun++ * 1000) / job.perSecond - performance.now()))
      // The pause keeps a dead subject from turning this into a busy loop.
      if (!(await slot[turn % slot.length].request())) await delay(10)
    }
  }
  await Promise.all(slots.map(work))
  clearTimeout(overdue)
}

function sideOf(job, port) {
  const samples = { latencies: new Samples(), firstBytes: new Samples(), delays: new Samples() }
  return { port, request: requestOf(job.workload, job.model, port), requests: 0, errors: 0, problem: null, ...samples }
}

function measures({ requests, errors, problem, latencies, firstBytes, delays }) {
  const summaries = { latency: latencies.summary(), firstByte: firstBytes.summary(), delay: delays.summary() }
  return { requests, errors, problem, ...summaries }
}

// The reply's exact size; every tag has the same width, so one event measures them all. A translated reply has another.
function expectedReply({ model, isTranslated }) {
  const number = letter => Number(new RegExp(`-${letter}(\\d+)`).exec(model)?.[1] ?? 0)
  const chunks = number('c')
  if (chunks === 0) return { chunks, bytes: bodyOf(jsonReply(number('b'))).length }
  if (isTranslated) return { chunks, bytes: null }
  const { event } = sseReply(number('b'))
  return { chunks, bytes: chunks * bodyOf(event()).length + 'data: [DONE]\n\n'.length }
}

function bodyOf(message) {
  const text = message.latin1Slice()
  return text.startsWith('HTTP/') ? text.slice(text.indexOf('\r\n\r\n') + 4) : text.slice(text.indexOf('\r\n') + 2, -2)
}
