import { parseArgs } from 'node:util'

const USAGE = `npm run bench -- [options]
  --quick            a short run with small loads: to see that it works, not for numbers
  --rounds N         how often every measurement is repeated (5; 1 when quick)
  --only W1,W3       only these workloads
  --subjects a,b     only these of direct, nginx, lean, passthrough, local, translate, routing,
                     resilience, recording
  --json FILE        write every round's measures
  --markdown FILE    write the report as a page of the documentation
  --svg FILE         draw what each subject's CPU is to that of the lean proxy
  --date YYYY-MM-DD  the date the page carries (today)`

/** Reads the command line; ends the program with the usage when it cannot. */
export function readOptions(args) {
  const string = { type: 'string' }
  let values
  try {
    values = parseArgs({
      args,
      options: {
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        rounds: string,
        only: string,
        subjects: string,
        json: string,
        markdown: string,
        svg: string,
        date: string,
      },
    }).values
  } catch (error) {
    fail(error.message)
  }
  if (values.help) {
    console.log(USAGE)
    process.exit(0)
  }
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
  if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds takes a number from 1 on, not "${values.rounds}"`)
  return {
    isQuick: values.quick,
    rounds,
    only: names(values.only),
    subjects: names(values.subjects),
    json: values.json,
    markdown: values.markdown,
    svg: values.svg,
    date: values.date ?? new Date().toISOString().slice(0, 10),
    command: commandOf(values),
  }
}

/** Keeps the members of `list` that were asked for by name, all when none was; an unknown name is an error. */
export function choose(list, wanted, nameOf, kind) {
  if (wanted === null) return list
  const known = list.map(nameOf)
  const unknown = wanted.find(name => !known.includes(name))
  if (unknown !== undefined) fail(`there is no ${kind} "${unknown}"; there are ${known.join(', ')}`)
  return list.filter(member => wanted.includes(nameOf(member)))
}

function names(value) {
  return value === undefined ? null : value.split(',').map(name => name.trim())
}

// What to type to get these numbers again, without where they were written to.
function commandOf({ quick, rounds, only, subjects }) {
  const flags = [quick ? '--quick' : '', rounds ? `--rounds ${rounds}` : '']
  flags.push(only ? `--only ${only}` : '', subjects ? `--subjects ${subjects}` : '')
  const given = flags.filter(Boolean).join(' ')
  return given === '' ? 'npm run bench' : `npm run bench -- ${given}`
}

function fail(sentence) {
  console.error(`${sentence}\n\n${USAGE}`)
  process.exit(2)
}
