// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are what is tested
import fc from 'fast-check'
import { isObject, type JsonObject } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { over, under } from './merge.ts'
import { isSecret } from './secret-guard.ts'
import { jsonTemplate, textTemplate, type Values } from './template.ts'

describe('a template', () => {
  const values: Values = {
    request_id: 'req_1',
    session_id: '',
    provider: 'p',
    model: 'm',
    timestamp: 't',
    client_ip: '::1',
    user_agent: 'ua',
    cached: 'false',
  }

  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['${request_id}', 'req_1'],
    ['a ${provider}/${model} z', 'a p/m z'],
    ['${session_id}|${timestamp}${client_ip}', '|t::1'],
    ['$${model}', '${model}'],
    ['$$${model}', '$${model}'],
    ['${unknown} ${} ${Model} ${constructor}', '${unknown} ${} ${Model} ${constructor}'],
    ['${env.OPEN} ${env.SHUT}', 'door ${env.SHUT}'],
    ['${model', '${model'],
    ['${cached} ${user_agent} $model', 'false ua $model'],
  ])('%s is filled in as %s', (text, filled) => {
    expect(textTemplate(text, name => (name === 'OPEN' ? 'door' : undefined))(values)).toBe(filled)
  })

  it('reaches every text in a value, and nothing else', () => {
    const value = { a: ['${model}', 1, null, { b: '${provider}' }], '${model}': true }
    const filled = { a: ['m', 1, null, { b: 'p' }], '${model}': true }
    expect(jsonTemplate(value, () => undefined)(values)).toEqual(filled)
  })

  it('puts no variable into a variable', () => {
    expect(textTemplate('${model}', () => undefined)({ ...values, model: '${client_ip}' })).toBe('${client_ip}')
  })
})

describe('merging', () => {
  const json = fc.jsonValue({ maxDepth: 3 }).filter(value => JSON.stringify(value) !== undefined)
  const object = fc.dictionary(fc.string({ maxLength: 3 }), json, { maxKeys: 4 })

  it('fills in what is lacking at every depth, and keeps all that is given', () => {
    expect(under({ a: { b: 1, n: null } }, { a: { b: 2, c: 3, n: 4 }, d: 5 })).toEqual({
      a: { b: 1, c: 3, n: null },
      d: 5,
    })
    fc.assert(
      fc.property(object, object, (given, usual) => {
        const merged = under(given, usual) as JsonObject
        expect(Object.keys(merged).sort()).toEqual([...new Set([...Object.keys(given), ...Object.keys(usual)])].sort())
        for (const [key, value] of Object.entries(given)) if (!isObject(value)) expect(merged[key]).toBe(value)
        expect(under(merged, usual)).toBe(merged)
        expect(under(given, {})).toBe(given)
      }),
    )
  })

  it('replaces at every depth, and leaves the rest', () => {
    expect(over({ a: { b: 1, x: 0 }, l: [1] }, { a: { b: 2, c: 3 }, l: [2] })).toEqual({
      a: { b: 2, x: 0, c: 3 },
      l: [2],
    })
    fc.assert(
      fc.property(object, object, (given, wanted) => {
        const merged = over(given, wanted) as JsonObject
        for (const [key, value] of Object.entries(wanted)) if (!isObject(value)) expect(merged[key]).toEqual(value)
        expect(over(merged, wanted)).toBe(merged)
        expect(over(given, structuredClone(given))).toBe(given)
      }),
    )
  })
})

describe('the guard', () => {
  it.each([
    ...['AWS_REGION', 'GITHUB_SHA', 'GITLAB_X', 'AZURE_X', 'GCP_X', 'DOCKER_X', 'NPM_X', 'PYPI_X', 'CARGO_X'],
    ...['OPENAI_BASE', 'ANTHROPIC_X', 'MY_KEY', 'A_SECRET_B', 'DB_PASSWORD', 'X_TOKENS', 'MY_CREDS', 'B_AUTH'],
    ...['MY_PRIVATE_X', 'TLS_CERT', 'X_PEM', 'A_JWT', 'A_OAUTH', 'THE_APIKEY', 'DB_PASS', 'SENTRY_DSN'],
    ...['PASSWORD', 'SECRET', 'TOKEN', 'KEY', 'CREDENTIALS', 'my_api_key'],
  ])('keeps %s', name => {
    expect(isSecret(name, 'x')).toBe(true)
  })

  it.each([
    'sk-proj-12345678',
    'Bearer sk-ant-api03-xyzxyz',
    'ghp_abc',
    'xoxb-1-2',
    'AKIAIOSFODNN7EXAMPLE',
    'AIzaSyA-1234567890abcdefgh',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc',
    '-----BEGIN PRIVATE KEY-----',
    'postgres://user:pass@db/x',
  ])('keeps what looks like %s, whatever its name', value => {
    expect(isSecret('HARMLESS', value)).toBe(true)
  })

  it.each([
    ['HOME', '/home/me'],
    ['PATH', '/bin'],
    ['MY_PATH', '/opt'],
    ['TEAM', 'search'],
    ['KEYBOARD', 'us'],
    ['REGION', 'eu-1'],
    ['BASE_URL', 'https://x.test:8080/a@b'],
    ['TASK', 'task-12345678'],
  ])('shows %s', (name, value) => {
    expect(isSecret(name, value)).toBe(false)
  })
})
