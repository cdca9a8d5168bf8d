import { once } from 'node:events'
import { connect } from 'node:net'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SessionEvent } from '../../src/sessions/index.ts'
import { serve } from '../../test/support/serving.ts'
import { api, idsOf, type Json } from '../../test/support/session-api.ts'
import { sessionEvents } from '../../test/support/sessions.ts'
import { until } from '../../test/support/until.ts'
import sessionApi from './index.ts'
import { PAGES } from './pages.ts'

/** A gateway with the pages and nothing that they could read. */
async function storelessApi() {
  const gateway = await serve({ plugins: [sessionApi()] })
  onTestFinished(() => gateway.close())
  return {
    ask: async (path: string, init?: RequestInit) => {
      const reply = await fetch(gateway.url + path, init)
      return { status: reply.status, headers: reply.headers, body: (await reply.json()) as Json }
    },
  }
}

describe('the OpenAPI description', () => {
  it('says how every answer looks', async () => {
    const formats = { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/, date: /^\d{4}-\d\d-\d\d$/ }
    const ajv = new Ajv2020({ strict: false, allErrors: true, formats })
    const { ask } = await api()
    const { body: description } = await ask('/sessions/openapi.json')
    expect(description.openapi).toBe('3.1.0')
    ajv.addSchema(description, 'api')
    const check = (reference: string, body: unknown, where: string) => {
      ajv.validate({ $ref: `api${reference}` }, body)
      expect(ajv.errors ?? [], where).toEqual([])
    }
    let checked = 0
    for (const [path, { get }] of Object.entries(description.paths!)) {
      const [content] = Object.values(get!.responses![200]!.content!)
      const reference = content!.schema!.$ref as unknown as string | undefined
      if (reference === undefined) continue
      checked++
      for (const id of ['one', 'two', 'three']) {
        const where = path.replace('{id}', id).replace('{request_id}', `${id}-r1`)
        const { status, body } = await ask(where)
        expect(status, where).toBe(200)
        check(reference, body, where)
        const refused = await ask(`${where}?no-such-parameter=1`)
        expect(refused.status, where).toBe(400)
        check('#/components/schemas/Error', refused.body, where)
      }
    }
    expect(checked).toBe(16)
  })

  it('has every page, and every refusal', async () => {
    const { ask } = await api({ allow_delete: true })
    const { body: description } = await ask('/sessions/openapi.json')
    const described = Object.entries(description.paths!).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`),
    )
    expect(described.sort()).toEqual(PAGES.map(([method, path]) => `${method} ${path}`).sort())
    const ajv = new Ajv2020({ strict: false })
    ajv.addSchema(description, 'api')
    const responsesOf = (path: string, method: string) => description.paths![path]![method]!.responses!
    const refused = async (gateway: Awaited<ReturnType<typeof api>>, path: string, method: string, status: number) => {
      const where = path.replace('{id}', 'nobody').replace('{request_id}', 'r')
      const reply = await gateway.ask(where, { method: method.toUpperCase() })
      expect(reply.status, `${method} ${path}`).toBe(status)
      expect(Object.keys(responsesOf(path, method)), `${method} ${path}`).toContain(String(status))
      ajv.validate({ $ref: 'api#/components/schemas/Error' }, reply.body)
      expect(ajv.errors ?? []).toEqual([])
    }
    const [open, closed] = [await api(), await api({ token: 'a-token-of-this-test' })]
    const storeless = { ...open, ask: (await storelessApi()).ask }
    for (const [method, path] of PAGES.map(each => [each[0].toLowerCase(), each[1]] as const)) {
      await refused(closed, path, method, 401)
      if (path.includes('{id}')) await refused(open, path, method, method === 'delete' ? 403 : 404)
      if (method === 'get' && path !== '/sessions/openapi.json') await refused(storeless, path, method, 503)
    }
    const deleted = await ask('/sessions/one', { method: 'DELETE' })
    expect(Object.keys(responsesOf('/sessions/{id}', 'delete'))).toContain(String(deleted.status))
  })

  it('names the parameters that there are', async () => {
    const { ask } = await api()
    const { body: description } = await ask('/sessions/openapi.json')
    const samples: Readonly<Record<string, string>> = {
      since: '7d',
      until: '2030-01-01',
      hours: '24',
      days: '7',
      limit: '5',
      cursor: '1',
    }
    for (const [path, { get }] of Object.entries(description.paths!)) {
      if (path === '/sessions/tail') continue
      for (const parameter of get!.parameters as unknown as {
        name: string
        in: string
        schema: { enum?: string[]; maximum?: number }
      }[]) {
        const { name, schema } = parameter
        // A list's cursors are its own.
        if (parameter.in !== 'query' || (name === 'cursor' && !path.includes('{'))) continue
        const where = `${path.replace('{id}', 'one')}?${name}=${samples[name] ?? schema.enum?.[0] ?? 'anything'}`
        const { status } = await ask(where)
        expect(status, where).toBe(200)
        if (schema.maximum === undefined) continue
        const at = (value: number) => ask(where.replace(/[^=]+$/, String(value)))
        expect((await at(schema.maximum)).status, where).toBe(200)
        expect((await at(schema.maximum + 1)).status, where).toBe(400)
      }
    }
  })
})

describe('GET /sessions', () => {
  it.each([
    ['', ['one', 'two', 'three']],
    ['?order=oldest', ['three', 'two', 'one']],
    ['?since=90m', ['one']],
    ['?until=2d', ['three']],
    ['?model=gpt-*', ['three']],
    ['?status=error', ['two']],
    ['?tag=team-a', ['one']],
    ['?q=zebra', ['two']],
    ['?user_agent=claude-cli*&limit=1', ['one']],
    ['?provider=openai', []],
  ])('%s', async (query, ids) => {
    const { ask } = await api()
    expect(idsOf((await ask(`/sessions${query}`)).body)).toEqual(ids)
  })

  it('goes page by page', async () => {
    const { ask } = await api()
    const first = await ask('/sessions?limit=2')
    const second = await ask(`/sessions?limit=2&cursor=${String(first.body.next)}`)
    expect([...idsOf(first.body), ...idsOf(second.body)]).toEqual(['one', 'two', 'three'])
    expect(second.body.next).toBeNull()
  })

  it.each([
    ['/sessions?cursor=nonsense', 400, 'the cursor is none of this list'],
    ['/sessions?since=yesterday', 400, 'it takes a time as 2026-01-31T12:00:00Z, or a span as 24h'],
    ['/sessions?limit=0', 400, 'it takes a whole number from 1 to 1000'],
    ['/sessions?status=fine', 400, 'it takes ok, error, running'],
    ['/sessions?q=%22%22', 400, 'has no word in it'],
    ['/sessions?model=a&model=b', 400, 'is given twice'],
    ['/stats/overview?hours=1&since=1h', 400, 'the time is given twice'],
    ['/sessions/none', 404, 'there is no session "none"'],
    ['/sessions/none/timeline', 404, 'there is no session "none"'],
    ['/sessions/one/raw/none', 404, 'the session has no request "none"'],
    ['/sessions/one/nothing', 404, 'there is no such page'],
    ['/stats', 404, 'there is no such page'],
    ['/sessions/tail?types=nothing', 400, 'there are no events of type "nothing"'],
  ])('%s is refused with %i and what is wrong', async (path, status, sentence) => {
    const { ask } = await api()
    const answer = await ask(path)
    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.body)).toContain(sentence.replaceAll('"', '\\"'))
  })
})

describe('the tail', () => {
  it('tells of events as they are recorded, and lets go when its reader leaves', async () => {
    const { feed, url } = await api()
    const stop = new AbortController()
    const response = await fetch(`${url}/sessions/tail?session=live&types=started,completed`, { signal: stop.signal })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const seen = async (sign: string) => {
      while (!text.includes(sign)) text += (await reader.read()).value ?? ''
    }
    await seen('following')
    const before = feed.listeners.size
    feed.say(sessionEvents({ id: 'other', at: new Date() }))
    feed.say(sessionEvents({ id: 'live', at: new Date(), requests: 1 }))
    await seen('event: completed')
    const events = text.match(/^data: .*$/gm)!.map(each => JSON.parse(each.slice(6)) as SessionEvent)
    expect(events.map(each => [each.type, each.session_id])).toEqual([
      ['started', 'live'],
      ['completed', 'live'],
    ])
    stop.abort()
    await until(() => feed.listeners.size === before - 1, 'the feed is let go')
  })

  it('keeps so much for a slow reader, and writes it bit by bit', async () => {
    const { feed, url } = await api()
    const events = sessionEvents({ id: 'live', at: new Date(), requests: 1 })
    const request = events.find(each => each.type === 'request_recorded')!
    const large = { ...request, request_json: 'x'.repeat(2 ** 20), request_size_bytes: 2 ** 20 }
    const { port } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write('GET /sessions/tail?full=true HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await once(socket, 'data')
    socket.pause()
    for (let at = 0; at < 200; at++) feed.say([large])
    feed.say([events.at(-1)!])
    const pieces: string[] = []
    socket.setEncoding('latin1')
    socket.on('data', (piece: string) => void pieces.push(piece))
    socket.resume()
    await until(() => pieces.slice(-2).join('').includes('event: completed'), 'the last event')
    const text = pieces.join('')
    const dropped = Number(/"dropped":(\d+)/.exec(text)?.[1])
    const told = text.match(/event: request_recorded/g)!.length
    expect(dropped).toBeGreaterThan(100)
    expect(dropped + told).toBe(200)
  })

  it('ends when the gateway does', async () => {
    const { url, gateway } = await api()
    const response = await fetch(`${url}/sessions/tail`)
    const ended = response.text()
    await gateway.close()
    expect(await ended).toContain('following')
  })
})

describe('who may read', () => {
  it.each([
    ['another origin', { origin: 'https://example.com' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['behind a proxy', { 'x-forwarded-for': '192.0.2.1' }],
  ])('not a page or program of %s', async (_, headers) => {
    const { ask } = await api()
    expect((await ask('/sessions', { headers: headers as Record<string, string> })).status).toBe(403)
  })

  it('with a token configured, only who brings it, from wherever', async () => {
    const { ask } = await api({ token: 'sesame-1234' })
    expect((await ask('/sessions')).status).toBe(401)
    expect((await ask('/sessions', { headers: { authorization: 'Bearer sesame-123' } })).status).toBe(401)
    const headers = { authorization: 'Bearer sesame-1234', 'x-forwarded-for': '192.0.2.1' }
    expect((await ask('/sessions', { headers })).status).toBe(200)
  })
})

it('says what is missing where no plugin stores sessions', async () => {
  const gateway = await serve({ plugins: [sessionApi()] })
  onTestFinished(() => gateway.close())
  const response = await fetch(`${gateway.url}/sessions`)
  expect(response.status).toBe(503)
  expect(await response.text()).toContain('session-sqlite')
})

it.each([
  ['POST', '/sessions', 'GET'],
  ['PUT', '/sessions/one', 'GET, DELETE'],
  ['DELETE', '/sessions/tail', 'GET'],
])('%s %s is not a method of the page', async (method, path, allow) => {
  const { ask } = await api()
  const { status, headers } = await ask(path, { method })
  expect([status, headers.get('allow')]).toEqual([405, allow])
})
