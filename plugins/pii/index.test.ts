import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { definePlugin, type RedactorOffer, redactorService } from 'lunaroute'
import { harness } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import pii from './index.ts'

type Given = Parameters<typeof pii>[0]

/** What the plugin offers to one that comes after it. */
async function offered(given: Given = {}) {
  let read: () => readonly RedactorOffer[] = () => []
  const reader = definePlugin({
    name: 'reader',
    setup(_, api) {
      read = () => api.offers(redactorService)
      return {}
    },
  })
  const h = await harness(pii(given), reader())
  onTestFinished(() => h.close())
  return { offers: read(), logs: h.logs }
}

async function redactor(given: Given = {}) {
  return (await offered(given)).offers[0]!.redactor
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'pii-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const TEXT = 'Mail john.doe@example.com, SSN 123-45-6789, card 4111 1111 1111 1111, call (212) 555-0123.'

describe('the modes', () => {
  it('mask by default', async () => {
    expect((await redactor()).text(TEXT)).toBe('Mail [EMAIL], SSN [SSN], card [CREDIT_CARD], call [PHONE].')
  })

  it('remove', async () => {
    expect((await redactor({ redaction_mode: 'remove' })).text(TEXT)).toBe('Mail , SSN , card , call .')
  })

  it('tokenize: eight hexadecimal digits, the same for the same value in whatever form', async () => {
    const { text } = await redactor({ redaction_mode: 'tokenize', hmac_secret: 'correct horse' })
    expect(text(TEXT)).toMatch(
      /^Mail \[EMAIL:[0-9a-f]{8}\], SSN \[SSN:[0-9a-f]{8}\], card \[CREDIT_CARD:[0-9a-f]{8}\], call \[PHONE:[0-9a-f]{8}\]\.$/,
    )
    expect(text('4111-1111-1111-1111')).toBe(text('4111111111111111'))
    expect(text('A@Example.com')).toBe(text('a@example.com'))
    expect(text('a@example.com')).not.toBe(text('b@example.com'))
    const other = await redactor({ redaction_mode: 'tokenize', hmac_secret: 'battery staple' })
    expect(other.text('a@example.com')).not.toBe(text('a@example.com'))
  })

  it('partial: the last characters, and nothing of what is no longer than that', async () => {
    const { text } = await redactor({ redaction_mode: 'partial' })
    expect(text('SSN 123-45-6789')).toBe('SSN *******6789')
    const { text: all } = await redactor({ redaction_mode: 'partial', partial_show_chars: 32 })
    expect(all('SSN 123-45-6789')).toBe('SSN ***********')
    const { text: none } = await redactor({ redaction_mode: 'partial', partial_show_chars: 0 })
    expect(none('SSN 123-45-6789')).toBe('SSN ***********')
  })

  it('can be chosen for each type', async () => {
    const modes = { email: 'remove', ssn: 'partial' } as const
    const { text } = await redactor({ redaction_modes: modes })
    expect(text(TEXT)).toBe('Mail , SSN *******6789, card [CREDIT_CARD], call [PHONE].')
  })
})

describe('what is found', () => {
  it.each([
    ['detect_email', 'a@example.com'],
    ['detect_phone', '(212) 555-0123'],
    ['detect_ssn', '123-45-6789'],
    ['detect_credit_card', '378282246310005'],
    ['detect_ip_address', '203.0.113.42'],
    ['detect_ip_address', '2001:db8::42'],
    ['detect_iban', 'GB29 NWBK 6016 1331 9268 19'],
    ['detect_api_key', `AKIA${'IOSFODNN7EXAMPLE'}`],
    ['detect_secret', 'password: hunter2!'],
  ] as const)('%s can be switched off', async (option, value) => {
    expect((await redactor()).text(value)).not.toBe(value)
    expect((await redactor({ [option]: false })).text(value)).toBe(value)
  })

  // Digits and colons are what most finds are known by.
  it.each([
    ['Basic YWFhOmFhYWFh', 'Basic [SECRET]'],
    [`eyJ${'abcdefgh'.repeat(3)}.eyJ${'abcdefgh'.repeat(3)}.abc`, '[SECRET]'],
    ['the wifi password is swordfish', 'the wifi password is [SECRET]'],
    ['PASSWORD="abcdefgh"', 'PASSWORD="[SECRET]"'],
  ])('is found without a digit: %s', async (text, expected) => {
    expect((await redactor()).text(text)).toBe(expected)
  })

  it('has to be as certain as min_confidence says', async () => {
    const weak = 'a number 078051120 alone'
    expect((await redactor()).text(weak)).toBe(weak)
    expect((await redactor({ min_confidence: 0.2 })).text(weak)).toBe('a number [SSN] alone')
    expect((await redactor({ min_confidence: 1 })).text(TEXT)).toBe(TEXT)
  })

  it('is the more certain where two overlap, then the longer', async () => {
    const custom_patterns = [
      { name: 'short', pattern: 'abc', confidence: 0.8 },
      { name: 'long', pattern: 'abcdef', confidence: 0.8 },
      { name: 'sure', pattern: 'fgh', confidence: 0.9 },
    ]
    const { text } = await redactor({ custom_patterns })
    expect(text('abcdef abcdefgh')).toBe('[LONG] [SHORT]de[SURE]')
  })
})

describe('a custom pattern', () => {
  it('has its placeholder, its mode and its name', async () => {
    const { text } = await redactor({
      custom_patterns: [
        { name: 'employee_id', pattern: '\\bEMP-\\d{6}\\b' },
        { name: 'project', pattern: '(?i)project zeus', placeholder: '<project>' },
        { name: 'ticket', pattern: 'T-\\d+', redaction_mode: 'tokenize' },
      ],
    })
    expect(text('EMP-123456 on Project Zeus, T-17')).toMatch(/^\[EMPLOYEE_ID\] on <project>, \[TICKET:[0-9a-f]{8}\]$/)
  })

  it('takes time linear in the text, whatever it is', async () => {
    const { text } = await redactor({ custom_patterns: [{ name: 'evil', pattern: '(a+)+$' }] })
    const began = performance.now()
    text(`${'a'.repeat(10_000)}!`)
    expect(performance.now() - began).toBeLessThan(5000)
  })

  it.each([
    ['(?<=a)b', 'option custom_patterns[0].pattern of plugin "pii": is no pattern of RE2'],
    ['(a', 'option custom_patterns[0].pattern of plugin "pii": is no pattern of RE2'],
    ['a*', 'matches nothing at all'],
    ['\\Aa', 'cannot use \\A and \\z'],
  ])('%s is an error', async (pattern, message) => {
    await expect(harness(pii({ custom_patterns: [{ name: 'x', pattern }] }))).rejects.toThrow(message)
  })

  it('is told with its file and line', async () => {
    const yaml = 'plugins: [pii]\npii:\n  custom_patterns:\n    - name: x\n      pattern: "(?!a)b"\n'
    const cwd = folder()
    writeFileSync(join(cwd, 'lunaroute.config.yaml'), yaml)
    const loaded = loadConfig({ cwd, home: cwd, env: {} })
    await expect(loaded).rejects.toMatchObject({
      message: expect.stringContaining('custom_patterns[0].pattern'),
      location: { line: 5 },
    })
  })

  it('cannot take the name of a type or of another', async () => {
    const twice = [
      { name: 'email', pattern: 'a' },
      { name: 'x', pattern: 'b' },
      { name: 'x', pattern: 'c' },
    ]
    const built = harness(pii({ custom_patterns: twice }))
    await expect(built).rejects.toThrow('the name "email" is taken')
    await expect(built).rejects.toThrow('the name "x" is taken')
  })
})

describe('the secret of tokens', () => {
  it('is made once, kept for its owner alone, and found again', async () => {
    const file = join(folder(), 'deep', 'pii.key')
    const given = { redaction_mode: 'tokenize', hmac_secret_file: file } as const
    const first = (await redactor(given)).text('a@example.com')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700)
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
    expect((await redactor(given)).text('a@example.com')).toBe(first)
  })

  it('is not made where no mode wants it', async () => {
    const file = join(folder(), 'pii.key')
    await redactor({ hmac_secret_file: file })
    expect(() => statSync(file)).toThrow('ENOENT')
  })

  it('is of the process alone where it cannot be kept, and that is said', async () => {
    const file = join(folder(), 'a file')
    writeFileSync(file, '')
    const given = { redaction_mode: 'tokenize', hmac_secret_file: join(file, 'pii.key') } as const
    const { offers, logs } = await offered(given)
    expect(offers[0]!.redactor.text('a@example.com')).toMatch(/^\[EMAIL:[0-9a-f]{8}\]$/)
    expect(logs).toMatchObject([{ level: 'warn', message: expect.stringContaining('hmac_secret_file') }])
  })
})

it('offers nothing where it is not enabled', async () => {
  expect((await offered({ enabled: false })).offers).toEqual([])
})

it('offers a module from which a worker thread makes the same redactor', async () => {
  const { offers } = await offered({ redaction_mode: 'tokenize', hmac_secret: 'correct horse' })
  const { module, options, redactor: here } = offers[0]!
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    import(workerData.module)
      .then(each => each.createRedactor(workerData.options))
      .then(redactor => parentPort.postMessage(redactor.text(workerData.text)))`
  const worker = new Worker(code, { eval: true, workerData: { module, options, text: TEXT } })
  const told = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  await worker.terminate()
  expect(told).toBe(here.text(TEXT))
})
