// What the scanner costs against JSON.parse. Run `npx tsc -p tsconfig.json` first; takes files of JSON objects as arguments.
import { readFileSync } from 'node:fs'
import { readValue, scanFields } from '../../../dist/src/body/scan.js'
import { spliceFields } from '../../../dist/src/body/splice.js'

const FIELDS = ['model', 'stream', 'metadata']
const SOURCE = [
  'export function scan(bytes: Buffer): number {',
  '\tconst name = \'café\'; // a line of "source", as tool results carry it',
  '  return bytes.length > 0 ? bytes[0] : -1',
  '}',
].join('\n')

const subjects = [body(0.9), body(20), body(200), body(2000)].map(bytes => ({ name: 'made up', bytes }))
for (const file of process.argv.slice(2)) subjects.push({ name: file.split('/').at(-1), bytes: captured(file) })

for (const { name, bytes } of subjects) {
  const scan = measure(() => scanFields(bytes, FIELDS))
  const parse = measure(() => JSON.parse(bytes.toString()))
  const splice = measure(() => {
    const found = scanFields(bytes, FIELDS)
    readValue(bytes, found.ranges[0])
    return spliceFields(bytes, [{ field: 'model', range: found.ranges[0], value: 'another-model' }])
  })
  const cells = [
    `${(bytes.length / 1000).toFixed(1)} KB`,
    us(scan),
    us(splice),
    us(parse),
    `${(parse / scan).toFixed(1)}x`,
  ]
  console.log(name.padEnd(12), ...cells.map(cell => cell.padStart(12)))
}
console.log(' '.repeat(12), ...['body', 'scan', '+splice', 'JSON.parse', 'ratio'].map(cell => cell.padStart(12)))

// The best of several rounds: on a shared machine the others measure the neighbours.
function measure(work) {
  let best = Number.POSITIVE_INFINITY
  let turns = 1
  for (let round = 0; round < 30; round++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < turns; i++) work()
    const took = Number(process.hrtime.bigint() - start) / 1000
    if (round > 3) best = Math.min(best, took / turns)
    if (took < 5000) turns = Math.ceil((turns * 10_000) / Math.max(took, 1))
  }
  return best
}

function us(value) {
  return `${value.toFixed(2)} us`
}

function captured(file) {
  const json = JSON.parse(readFileSync(file, 'utf8'))
  return Buffer.from(JSON.stringify(json.body ?? json))
}

function body(kilobytes) {
  const messages = [{ role: 'user', content: 'Read the file, please.' }]
  const made = { model: 'claude-opus-5', messages, metadata: { user_id: 'u' }, max_tokens: 32_000, stream: true }
  for (let n = 0; JSON.stringify(made).length < kilobytes * 1000; n++) {
    const id = `toolu_${n}`
    const text = kilobytes < 10 ? SOURCE : SOURCE.repeat(30)
    messages.push({
      role: 'assistant',
      content: [{ type: 'tool_use', id, name: 'Read', input: { path: `src/${n}.ts` } }],
    })
    messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: text }] })
  }
  return Buffer.from(JSON.stringify(made))
}
