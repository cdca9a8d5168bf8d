import { definePlugin, type Meter, meterService } from 'lunaroute'
import { gateway } from 'lunaroute/testing'
import { expect, it, onTestFinished } from 'vitest'
import openai from '../openai/index.ts'
import metrics from './index.ts'

function offering(name: string, ...meters: readonly Meter[]) {
  return definePlugin({
    name,
    setup(_options, { offer }) {
      for (const meter of meters) offer(meterService, meter)
      return {}
    },
  })()
}

function meter(
  name: string,
  type: Meter['type'],
  read: Meter['read'],
  labels: readonly string[] = ['provider'],
): Meter {
  return { name, help: 'Of a test.', type, labels, read }
}

async function start(...plugins: Parameters<typeof offering>[]) {
  const g = await gateway({
    plugins: [openai(), metrics({ process: false }), ...plugins.map(each => offering(...each))],
  })
  onTestFinished(() => g.close())
  const page = async () => (await g.fetch('/metrics')).text()
  return { g, page }
}

it('shows what other plugins count, as it is when the page is fetched', async () => {
  let retries = 1
  const { page } = await start([
    'teller',
    meter('own_retries_total', 'counter', () => [{ labels: { provider: 'a"b' }, value: retries }]),
    meter('own_depth', 'gauge', () => [{ labels: {}, value: 0.5 }], []),
  ])
  expect(await page()).toContain('# TYPE own_retries_total counter\nown_retries_total{provider="a\\"b"} 1\n')
  retries = 7
  const text = await page()
  expect(text).toContain('own_retries_total{provider="a\\"b"} 7\n')
  expect(text).toContain('# HELP own_depth Of a test.\n# TYPE own_depth gauge\nown_depth 0.5\n')
  expect(text).toContain('lunaroute_build_info')
})

it('shows the histograms of other plugins, those of two under one name added up', async () => {
  const own = (least: number) =>
    meter('own_wait_seconds', 'histogram', () => [
      { labels: { provider: 'a', le: '60' }, value: least, part: 'bucket' },
      { labels: { provider: 'a', le: '+Inf' }, value: 3, part: 'bucket' },
      { labels: { provider: 'a' }, value: 200.5, part: 'sum' },
      { labels: { provider: 'a' }, value: 3, part: 'count' },
    ])
  const { page } = await start(['one', own(1)], ['two', own(2)])
  expect(await page()).toContain(
    [
      '# HELP own_wait_seconds Of a test.',
      '# TYPE own_wait_seconds histogram',
      'own_wait_seconds_bucket{provider="a",le="60"} 3',
      'own_wait_seconds_bucket{provider="a",le="+Inf"} 6',
      'own_wait_seconds_sum{provider="a"} 401',
      'own_wait_seconds_count{provider="a"} 6',
      '',
    ].join('\n'),
  )
})

it('makes one family of what plugins offer under the same name', async () => {
  const own = (value: number) => meter('own_retries_total', 'counter', () => [{ labels: { provider: 'a' }, value }])
  const { page } = await start(['one', own(1)], ['two', own(2)])
  const text = await page()
  expect(text).toContain('own_retries_total{provider="a"} 3\n')
  expect(text.match(/# TYPE own_retries_total/g)).toHaveLength(1)
})

it('leaves out and logs once what does not fit, and keeps the rest', async () => {
  const none = () => []
  const { g, page } = await start(
    ['one', meter('own_total', 'counter', () => [{ labels: { provider: 'a' }, value: 1 }])],
    [
      'two',
      meter('own_total', 'counter', none, ['model']),
      meter('lunaroute_requests_total', 'counter', none),
      meter('Own-depth', 'gauge', none),
      meter('own_count', 'counter', none),
      meter('own_label', 'gauge', none, ['le']),
      meter('own_broken', 'gauge', () => {
        throw new Error('no')
      }),
    ],
  )
  await page()
  const text = await page()
  expect(text).toContain('own_total{provider="a"} 1\n')
  expect(text).not.toMatch(/Own-depth|own_count|own_label/)
  const logged = (word: string) =>
    g.logs.filter(line => line.includes('"level":50') || line.includes('error')).filter(line => line.includes(word))
  for (const word of ['another type', 'name is taken', 'lower case', 'end in _total', 'cannot be a label']) {
    expect(logged(word), word).toHaveLength(1)
  }
  expect(logged('could not be read')).not.toHaveLength(0)
})
