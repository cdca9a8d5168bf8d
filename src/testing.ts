// The kit for plugin authors, and nothing else: what tests import as 'lunaroute/testing'. It needs no test runner.
export { chunk, wholeBody } from './testing/chunk.ts'
export { type ExchangeState, TestExchange } from './testing/exchange.ts'
export { type GatewayOptions, gateway, type TestGateway } from './testing/gateway.ts'
export { Harness, harness, type RequestOptions } from './testing/harness.ts'
export type { LogEntry } from './testing/logs.ts'
export type { ReceivedRequest, Upstream, UpstreamAnswer } from './testing/upstream.ts'
