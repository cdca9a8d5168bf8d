import { Counter, type Registry } from 'prom-client'
import { FastHistogram } from './fast-histogram.ts'

const OUTER = ['listener', 'model', 'provider'] as const
const INNER = ['provider', 'model'] as const
const FAILURE = [...OUTER, 'error_type'] as const

export type Families = ReturnType<typeof createFamilies>

/** Registers the families that exchanges fill. Names, labels and buckets are those of LunaRoute's earlier releases. */
export function createFamilies(registry: Registry) {
  const registers = [registry]
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter<L>({ name, help, labelNames, registers })
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: readonly L[] = []) =>
    new FastHistogram<L>(registry, { name, help, buckets, labelNames })
  const small = [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01]
  return {
    total: counter('lunaroute_requests_total', 'Requests that are over.', OUTER),
    success: counter(
      'lunaroute_requests_success_total',
      'Requests that were answered in full, below status 400.',
      OUTER,
    ),
    failure: counter('lunaroute_requests_failure_total', 'All other requests, by what went wrong.', FAILURE),
    duration: histogram(
      'lunaroute_request_duration_seconds',
      'From the arrival of a request to the last byte of its answer.',
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      OUTER,
    ),
    requestBytes: counter('lunaroute_request_bytes_total', 'Body bytes received from clients.', OUTER),
    responseBytes: counter('lunaroute_response_bytes_total', 'Body bytes sent to clients.', OUTER),
    bypass: counter('lunaroute_bypass_requests_total', 'Requests forwarded at paths no dialect serves.', ['provider']),
    ingress: histogram(
      'lunaroute_ingress_duration_seconds',
      'Until a request had arrived whole and been admitted.',
      [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1],
    ),
    routing: histogram(
      'lunaroute_routing_duration_seconds',
      'From there until its first attempt began.',
      [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01],
    ),
    egress: histogram(
      'lunaroute_egress_duration_seconds',
      "A request's last attempt, from its start to the provider's last byte.",
      [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      INNER,
    ),
    post: histogram(
      'lunaroute_post_processing_duration_seconds',
      "From the provider's last byte to the last byte for the client.",
      small,
    ),
    overhead: histogram(
      'lunaroute_proxy_overhead_seconds',
      'The time of a request that had arrived in which no attempt was under way.',
      [...small, 0.05],
    ),
    streams: counter('lunaroute_streaming_requests_total', 'Requests answered in full with a stream.', INNER),
    ttft: histogram(
      'lunaroute_streaming_ttft_seconds',
      'From the arrival of a request to the first byte of its stream.',
      [0.01, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5],
      INNER,
    ),
    streamDuration: histogram(
      'lunaroute_streaming_duration_seconds',
      'From the arrival of a request to the last byte of its stream.',
      [0.5, 1, 2, 5, 10, 30, 60],
      INNER,
    ),
    chunks: histogram(
      'lunaroute_streaming_chunks_total',
      'Pieces a stream was sent in. Needs the option count_chunks.',
      [1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 10000],
      INNER,
    ),
    chunkLatency: histogram(
      'lunaroute_streaming_chunk_latency_seconds',
      'Between two pieces of a stream. Needs the option count_chunks.',
      [0.01, 0.05, 0.1, 0.2, 0.5, 1, 2],
      INNER,
    ),
  }
}
