const cpu = figures => figures.cpuUs
const addedP50 = figures => figures.added.p50

const GROUPS = [
  { what: 'CPU per request, 1 KB', run: 'W1@16', lean: 1.15, nginx: 2.9 },
  { what: 'CPU per chunk, paced stream', run: 'W2@64', lean: 1.15, nginx: 1.9 },
  { what: 'CPU per request, 200 KB', run: 'W3@16', lean: 1, nginx: 1.35 },
  { what: 'CPU per request, 2 MB', run: 'W4@1', lean: 1, nginx: 2.5 },
]

const crowd = { run: 'W5@1000', subject: 'passthrough' }

const TRANSLATED = [
  { what: 'CPU per event, Messages to Chat', run: 'W6@16', read: cpu, limit: 2 },
  { what: 'CPU per event, Chat to Messages', run: 'W7@16', read: cpu, limit: 2 },
  { what: 'CPU per request translated, 200 KB', run: 'W8@16', read: cpu, limit: Number.POSITIVE_INFINITY },
].map(target => ({ ...target, subject: 'translate', to: 'passthrough' }))

const main = figures => figures.mainUs

const ROUTED = ['routing', 'resilience'].flatMap(subject =>
  ['W1@16', 'W2@64', 'W3@16'].map(run => ({
    what: 'CPU per unit',
    run,
    subject,
    to: 'passthrough',
    read: cpu,
    limit: 1.3,
  })),
)

const PACED = [
  ['W9@16', '100/s'],
  ['W10@16', '200/s'],
]

const RECORDED = [
  ...PACED.flatMap(([run, rate]) => [
    { what: `CPU of the serving thread, 200 KB, ${rate}`, run, read: main, limit: 1.25 },
    { what: `CPU of the whole process, 200 KB, ${rate}`, run, read: cpu, limit: Number.POSITIVE_INFINITY },
  ]),
  // More than the worker can take, which goes through the spill.
  { what: 'CPU of the serving thread, 200 KB, flat out', run: 'W3@16', read: main, limit: Number.POSITIVE_INFINITY },
].map(target => ({ ...target, subject: 'recording', to: 'passthrough' }))

const LATENCY = PACED.map(([run, rate]) => ({
  what: `p50 more than passthrough, 200 KB, ${rate}`,
  run,
  subject: 'recording',
  less: 'passthrough',
  read: addedP50,
  limit: 0.1,
  unit: ' ms',
}))

const TARGETS = [
  ...ROUTED,
  ...RECORDED,
  ...LATENCY,
  ...TRANSLATED,
  ...GROUPS.flatMap(({ what, run, ...limits }) =>
    ['lean', 'nginx'].map(to => ({ what, run, subject: 'passthrough', to, read: cpu, limit: limits[to] })),
  ),
  ...GROUPS.map(({ what, run }) => ({ what, run, subject: 'local', to: 'passthrough', read: cpu, limit: 1.4 })),
  { what: 'added p50, 1 KB', run: 'W1@1', subject: 'passthrough', to: 'lean', read: addedP50, limit: 1.2 },
  { ...crowd, what: 'CPU of one core, 1,000 streams', read: figures => figures.cpuPercent, limit: 50, unit: ' %' },
  {
    ...crowd,
    what: 'added chunk delay p99, 1,000 streams',
    read: figures => figures.added.delayP99,
    limit: 4,
    unit: ' ms',
  },
  { ...crowd, what: 'peak RSS, 1,000 streams', read: figures => figures.rssMb, limit: 200, unit: ' MB' },
  { what: 'start-up to first byte', subject: 'passthrough', limit: 600, unit: ' ms' },
  { what: 'start-up to first byte', subject: 'local', limit: 600, unit: ' ms' },
]

/** Each target with what was reached: a ratio within each round where it names another subject, else the figure itself. */
export function judge(measures) {
  return TARGETS.map(target => {
    const reached = reachedBy(measures, target)
    return { ...target, reached, verdict: verdictOf(reached, target.limit) }
  })
}

function verdictOf(reached, limit) {
  if (reached === null) return 'not measured'
  if (!Number.isFinite(limit)) return ''
  return reached <= limit ? 'ok' : 'missed'
}

function reachedBy(measures, { run, subject, to, less, read }) {
  if (run === undefined) return measures.startMs(subject)
  if (to !== undefined) return measures.ratio(run, subject, to, read)
  if (less !== undefined) return measures.difference(run, subject, less, read)
  return measures.of(run, subject, read)
}
