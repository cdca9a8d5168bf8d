/** Nanoseconds of the machine's monotonic clock, one clock for every process here, so a tag can be compared at the reader. */
export function nowNs() {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e9 + nanoseconds
}
