import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Config } from '../../src/config/define.ts'
import { serve } from '../support/serving.ts'

const root = new URL('../../plugins/', import.meta.url)
const folders = readdirSync(root, { withFileTypes: true }).filter(each => each.isDirectory())

describe.each(folders.map(each => each.name))('the folder of %s', name => {
  const folder = new URL(`${name}/`, root)
  const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')

  it('has a plugin of its name, a README and a test', async () => {
    const { default: factory } = await import(new URL('index.ts', folder).href)
    expect(factory().name).toBe(name)
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['README.md', 'index.test.ts']))
    expect(read('README.md')).toMatch(new RegExp(`^# ${name}\\n\\n.+`))
  })

  it('shows in its README the example that runs here', async () => {
    expect(read('README.md')).toContain(read('example.config.ts'))
    const { default: example }: { default: Config } = await import(new URL('example.config.ts', folder).href)
    const gateway = await serve(example)
    expect(gateway.gateway.config()).toMatchObject({ plugins: expect.arrayContaining([name]), warnings: [] })
    await gateway.close()
  })
})
