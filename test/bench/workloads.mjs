import { agentBody, chatBody, messagesBody } from './bodies.mjs'

const STREAM_RUN = { unit: 'chunk', isPaced: true }

const TRANSLATED = ['direct', 'lean', 'passthrough', 'translate']
const PASSED_ON = ['direct', 'nginx', 'lean', 'passthrough', 'local', 'routing', 'resilience']

/**
 * The workloads, in groups that share freshly started subjects: those of which they say something. `warm` is a load that
 * warms a subject up for the group, `passes` is how often all of it is run; a paired run alternates direct and proxied
 * requests on each slot.
 */
export function workloadGroups(isQuick) {
  const run = isQuick ? { runMs: 350, warmMs: 500 } : { runMs: 2000, warmMs: 8000 }
  const ramp = { rampMs: 20 }
  const events = isQuick ? 100 : 200
  const stream = { ...STREAM_RUN, model: `mock-c${events}-d5-b190`, rampMs: 100, runMs: isQuick ? 300 : 1700 }
  const fromMessages = {
    warm: 'mock-m-c100-d1-b190',
    model: `mock-m-c${events}-d5-b190`,
    isPaired: false,
    isTranslated: true,
  }
  const seconds = isQuick ? 2 : 10
  const crowd = isQuick ? 200 : 1000
  const slow = { ...STREAM_RUN, isPaired: false, rampMs: 1000, runMs: 1000, maxRequests: crowd }
  const small = { ...run, ...ramp, unit: 'request', model: 'mock-b1500' }
  const agent = { ...run, ...ramp, unit: 'request', model: 'mock-c100-d0-b190' }
  return [
    group(
      'W1',
      '1 KB request, 1.5 KB reply',
      'mock-b1500',
      run.warmMs,
      [1, 16, 64],
      c => ({ ...small, isPaired: c === 1 }),
      { subjects: PASSED_ON },
    ),
    group(
      'W2',
      `${events} events, one each 5 ms`,
      'mock-c100-d1-b190',
      run.warmMs / 2,
      [16, 64],
      c => ({
        ...stream,
        isPaired: c === 16,
      }),
      { subjects: PASSED_ON },
    ),
    group(
      'W3',
      '200 KB request, 100 events without a pause',
      agent.model,
      run.warmMs,
      [1, 16],
      c => ({
        ...agent,
        isPaired: c === 1,
      }),
      { subjects: [...PASSED_ON, 'recording'] },
    ),
    group('W4', '2 MB request, 1.5 KB reply', 'mock-b1500', run.warmMs, [1], () => ({ ...small, isPaired: true }), {
      subjects: PASSED_ON,
    }),
    group(
      'W5',
      `${crowd} streams, 20 events/s, ${seconds} s`,
      `mock-c${20 * seconds}-d0-b190`,
      run.warmMs,
      [crowd],
      () => ({
        ...slow,
        model: `mock-c${20 * seconds}-d50-b190`,
        eventsPerSecond: 20 * crowd,
      }),
      { passes: 1, subjects: ['direct', 'nginx', 'lean', 'passthrough', 'local'] },
    ),
    group(
      'W6',
      `Chat client, Messages provider: ${events} events, one each 5 ms`,
      fromMessages.warm,
      run.warmMs,
      [16],
      () => ({
        ...stream,
        ...fromMessages,
      }),
      { subjects: TRANSLATED },
    ),
    group(
      'W7',
      `Messages client, Chat provider: ${events} events, one each 5 ms`,
      'mock-c100-d1-b190',
      run.warmMs,
      [16],
      () => ({
        ...stream,
        isPaired: false,
        isTranslated: true,
      }),
      { subjects: TRANSLATED },
    ),
    group(
      'W8',
      '200 KB request of a Chat client, Messages provider',
      'mock-m-c1-d0-b190',
      run.warmMs,
      [1, 16],
      () => ({
        ...agent,
        isPaired: false,
        isTranslated: true,
        model: 'mock-m-c1-d0-b190',
      }),
      { subjects: TRANSLATED },
    ),
    // What a recorder keeps up with is one thing, what it does where every core is busy another.
    ...[
      ['W9', 100],
      ['W10', 200],
    ].map(([id, perSecond]) =>
      group(
        id,
        `200 KB request, 100 events, ${perSecond} requests/s`,
        agent.model,
        run.warmMs,
        [16],
        () => ({
          ...agent,
          isPaired: false,
          perSecond,
          runMs: isQuick ? 500 : 2500,
        }),
        // Often in turn: a tenth of a millisecond is less than what the machine changes by in a minute.
        { passes: 9, subjects: ['direct', 'lean', 'passthrough', 'recording'] },
      ),
    ),
  ]
}

/** The bytes of a request of a workload, ready to be written to a connection to `port`. */
export function requestOf(workload, model, port) {
  const isStream = model.includes('-c')
  const body = BODIES[workload](model, isStream)
  const head = [
    `POST ${workload === 'W7' ? '/v1/messages' : '/v1/chat/completions'} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: keep-alive',
    'Accept: application/json',
    'Content-Type: application/json',
    'User-Agent: OpenAI/JS 7.55.0',
    'X-Stainless-Lang: js',
    'X-Stainless-Package-Version: 7.55.0',
    'X-Stainless-OS: Linux',
    'X-Stainless-Arch: x64',
    'X-Stainless-Runtime: node',
    'X-Stainless-Runtime-Version: v20.20.2',
    'X-Stainless-Retry-Count: 0',
    workload === 'W7' ? 'x-api-key: sk-bench-client' : 'Authorization: Bearer sk-bench-client',
    `Content-Length: ${body.length}`,
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}

const BODIES = {
  W1: chatBody,
  W2: chatBody,
  W3: (model, stream) => agentBody(model, 200_000, stream),
  W4: (model, stream) => agentBody(model, 2_000_000, stream),
  W5: chatBody,
  W6: chatBody,
  W7: messagesBody,
  W8: (model, stream) => agentBody(model, 200_000, stream),
  W9: (model, stream) => agentBody(model, 200_000, stream),
  W10: (model, stream) => agentBody(model, 200_000, stream),
}

function group(id, title, warm, warmMs, concurrencies, settings, { passes = 3, subjects }) {
  const runs = concurrencies.map(concurrency => ({
    id: `${id}@${concurrency}`,
    workload: id,
    concurrency,
    maxRequests: 1e9,
    ...settings(concurrency),
  }))
  return {
    id,
    title,
    passes,
    subjects,
    warm: { ...runs[0], model: warm, concurrency: 16, rampMs: 0, runMs: warmMs, maxRequests: 1e9 },
    runs,
  }
}
