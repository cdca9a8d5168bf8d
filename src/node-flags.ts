import v8 from 'node:v8'

// Large bodies are Buffers outside the heap. On Node 20 and 22 their pressure keeps V8 in incremental marking, which
// costs more than everything else a proxy does: with a 2 MB body 2.6 times the CPU and 5 times the tail latency
// (docs/benchmarks.md). Node 24 does better by itself and is hurt by the flag. It must be set before the heap grows,
// so this module is the first import of the program.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) v8.setFlagsFromString('--no-incremental-marking')
