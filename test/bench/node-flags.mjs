import v8 from 'node:v8'

// The same rule as the gateway's src/node-flags.ts, so that a ratio to lean compares proxies and not V8 settings: external
// memory pressure of large bodies keeps Node 20 and 22 in incremental marking, and Node 24 is hurt by the flag.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) v8.setFlagsFromString('--no-incremental-marking')
