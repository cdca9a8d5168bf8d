import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import local from '../../presets/local.ts'
import type { Config } from '../../src/config/define.ts'
import {
  providersAt,
  type ServingGateway,
  serve,
  startUpstream,
  type Upstream,
  until,
} from '../../test/support/serving.ts'

let gateway: ServingGateway
let upstream: Upstream
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  await gateway.close()
  await upstream.close()
})

async function start(config: Config = {}) {
  gateway = await serve({ extends: local, providers: providersAt(upstream.url), ...config })
}

async function post(model: string) {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ model })
  await (await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', body, headers })).text()
  // Counting comes after the answer.
  await until(() => gateway.gateway.inFlight() === 0)
}

/** The samples of a family by their name and labels. */
async function samples(family: string): Promise<Record<string, number>> {
  const text = await fetch(`${gateway.url}/metrics`).then(each => each.text())
  const lines = text.split('\n').filter(line => line.startsWith(family))
  return Object.fromEntries(lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

describe('the section', () => {
  const page = async (path: string) => (await fetch(gateway.url + path)).status

  it('may put the page elsewhere', async () => {
    await start({ metrics: { endpoint: '/numbers' } } as object)
    expect([await page('/numbers'), await page('/metrics')]).toEqual([200, 404])
  })

  it('may turn all of it off', async () => {
    await start({ metrics: { enabled: false } } as object)
    expect(await page('/metrics')).toBe(404)
    expect(gateway.gateway.generation.taps.record).not.toContain('metrics')
  })
})

describe('what keys use', () => {
  it('is not counted unless it is asked for, and then no answer is read', async () => {
    await start()
    expect(gateway.gateway.generation.hooks.streamChunk).toBeNull()
    await post('gpt-x')
    expect(await samples('llm_')).toEqual({})
  })

  it('goes on from where it was after a reload, and begins anew with other labels', async () => {
    const config = (hash: boolean) => ({
      extends: local,
      providers: providersAt(upstream.url),
      metrics: { llm: true, include_api_key_hash: hash },
    })
    await start(config(false) as object)
    await post('gpt-x')
    await gateway.gateway.reload()
    await post('gpt-x')
    const series = 'llm_requests_total{api_key="none",provider="openai",model="gpt-x"}'
    expect(await samples('llm_requests_total')).toEqual({ [series]: 2 })
    gateway.use(config(true) as object)
    await gateway.gateway.reload()
    await post('gpt-x')
    const hashed = 'llm_requests_total{api_key="none",api_key_hash="none",provider="openai",model="gpt-x"}'
    expect(await samples('llm_requests_total')).toEqual({ [hashed]: 1 })
  })
})
