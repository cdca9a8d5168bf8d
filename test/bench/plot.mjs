const RUNS = [
  { id: 'W1@16', title: '1 KB request' },
  { id: 'W2@64', title: 'paced stream' },
  { id: 'W3@16', title: '200 KB request' },
  { id: 'W4@1', title: '2 MB request' },
]
const ORDER = ['nginx', 'lean', 'passthrough', 'local', 'routing', 'resilience', 'translate', 'recording']
const BASE = 'lean'
const BAR = 14
const GAP = 6
const LEFT = 96
const WIDTH = 820
/** The longest bar; what is more is cut off, and said in figures. */
const LONGEST = 4

/** A drawing of the CPU each subject needs, as multiples of the lean proxy's: one group of bars for each load. */
export function plot(measures) {
  const groups = RUNS.map(run => ({ ...run, bars: barsOf(measures, run.id) })).filter(each => each.bars.length > 1)
  if (groups.length === 0) return null
  const most = Math.max(...groups.flatMap(each => each.bars.map(bar => bar.all)))
  const scale = (WIDTH - LEFT - 60) / Math.min(most, LONGEST)
  const parts = []
  let y = 48
  for (const { title, bars } of groups) {
    parts.push(text(LEFT, y, title, 'title'))
    y += 10
    for (const { subject, all, serving } of bars) {
      parts.push(text(LEFT - 8, y + BAR - 3, subject, 'name'))
      const kind = subject === 'nginx' || subject === BASE ? 'other' : 'own'
      const width = Math.min(all, LONGEST) * scale
      parts.push(bar(`${kind} rest`, y, width), bar(kind, y, Math.min(serving * scale, width)))
      parts.push(text(LEFT + width + 6, y + BAR - 3, all.toFixed(2), 'value'))
      y += BAR + GAP
    }
    y += 24
  }
  const line = LEFT + scale
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img">
<title>CPU per request or chunk, as multiples of the lean proxy's</title>
<style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${y}"/>
${text(16, 22, 'CPU per request or chunk; 1 is what a lean Node proxy needs. Pale: what other threads have of it', 'head')}
<line class="base" x1="${line}" x2="${line}" y1="34" y2="${y - 16}"/>
${parts.join('\n')}
</svg>
`
}

function barsOf(measures, run) {
  return ORDER.filter(subject => measures.has(run, subject) && measures.has(run, BASE)).map(subject => ({
    subject,
    all: measures.ratio(run, subject, BASE, figures => figures.cpuUs),
    // nginx has processes where others have threads.
    serving:
      subject === 'nginx'
        ? Infinity
        : measures.ratio(run, subject, BASE, figures => figures.mainUs) * mainShare(measures, run),
  }))
}

/** The serving thread's part of what the base needs: turns a ratio of serving threads into one to all of it. */
function mainShare(measures, run) {
  return measures.of(run, BASE, figures => figures.mainUs / figures.cpuUs)
}

function bar(kind, y, width) {
  return `<rect class="${kind}" x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}"/>`
}

function text(x, y, content, kind) {
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y}">${content}</text>`
}

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1f2937 }
.head { font-size: 14px; font-weight: 600 }
.title { font-weight: 600 }
.name { text-anchor: end; fill: #4b5563 }
.value { fill: #4b5563; stroke: #ffffff; stroke-width: 4; paint-order: stroke }
.paper { fill: #ffffff }
.own { fill: #4f6bed }
.other { fill: #8b95a5 }
.rest { opacity: 0.35 }
.base { stroke: #1f2937; stroke-dasharray: 2 3 }
`
