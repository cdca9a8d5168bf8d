import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildFailure, BuildOptions, BuildResult, Loader, Message, Plugin } from 'esbuild'
import { ConfigError, type ConfigLocation } from '../errors.ts'
import { evaluateCommonJs, placeInStack } from './evaluate.ts'
import { externals } from './externals.ts'
import { errorOf, type Problem } from './problem.ts'
import type { Program } from './program.ts'

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
}

/**
 * The default export of a TypeScript or JavaScript file, evaluated afresh together with everything it imports by
 * relative path. Every file that took part, or failed to, is added to `files`.
 */
export function loadModule(file: string, program: Program, files: Set<string>): Promise<unknown> {
  files.add(file)
  return load(file, file, program, files)
}

/** The default export of a package, resolved from a folder. */
export function loadPackage(name: string, folder: string, program: Program, files: Set<string>): Promise<unknown> {
  return load(name, join(folder, `${basename(name)}.js`), program, files)
}

/** `file` names the bundle; it is also what is loaded, unless `specifier` is a package's name. */
async function load(specifier: string, file: string, program: Program, files: Set<string>): Promise<unknown> {
  const code = await bundle(specifier, file, program, files)
  let exported: unknown
  try {
    // A promise where the file waits at its top level.
    exported = await evaluateCommonJs(code, bundleName(file))
  } catch (error) {
    if (error instanceof ConfigError && error.location) throw error
    const location = placeInStack(error, files, code, bundleName(file)) ?? { file }
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw errorOf([{ message: `failed while it was being evaluated: ${what}`, location }], error)
  }
  if (typeof exported !== 'object' || exported === null) return exported
  // A file without any export looks like an empty CommonJS module: its author forgot the `export default`.
  const isCommonJs = !('__esModule' in exported) && (file.endsWith('.cjs') || Object.keys(exported).length > 0)
  if (isCommonJs) return exported
  if (!('default' in exported)) {
    throw new ConfigError('has no default export: write `export default ...`', { location: { file } })
  }
  return exported.default
}

async function bundle(specifier: string, file: string, program: Program, files: Set<string>): Promise<string> {
  const esbuild = await import('esbuild')
  const options = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    // Without this esbuild prefers a package's `module` files, which Node cannot always import.
    conditions: [],
    write: false,
    // Sources in the map are relative to it.
    outfile: bundleName(file),
    absWorkingDir: dirname(file),
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'silent',
    define: META,
    plugins: [externals(program), perFile(files)],
  } as const satisfies BuildOptions
  const build = async (how: BuildOptions): Promise<string> => {
    const result: BuildResult<typeof options> = await esbuild.build({ ...options, ...how })
    return result.outputFiles[0]?.text ?? ''
  }
  try {
    return await build(entry(specifier, file)).catch((error: unknown) => {
      const isWaiting = messages(error).some(({ text }) => text.startsWith('Top-level await is currently not supp'))
      if (isWaiting) return build(waitingEntry(specifier, file))
      throw error
    })
  } catch (error) {
    const failures = messages(error)
    if (failures.length === 0) throw error
    throw errorOf(failures.map(message => problemOf(message, file, files)))
  } finally {
    stopWhenIdle(esbuild.stop)
  }
}

function entry(specifier: string, file: string): BuildOptions {
  if (specifier === file) return { entryPoints: [file], format: 'cjs' }
  return { stdin: stdin(`export { default } from ${JSON.stringify(specifier)}`, file), format: 'cjs' }
}

/**
 * How to bundle a file that waits at its top level: as the body of an async function. It has no import or export
 * statement left, because externals are facades and the entry exports nothing. A data: URL would do without this, but
 * Node keeps each one for ever and writes it whole into every line of a stack.
 */
function waitingEntry(specifier: string, file: string): BuildOptions {
  const name = JSON.stringify(specifier)
  return {
    stdin: stdin(`import * as exported from ${name}; __lunaroute_waited = { __esModule: true, ...exported }`, file),
    format: 'esm',
    banner: { js: 'module.exports = (async () => { "use strict"; let __lunaroute_waited;' },
    footer: { js: 'return __lunaroute_waited })()' },
  }
}

function stdin(contents: string, file: string) {
  return { contents, resolveDir: dirname(file), loader: 'js' } as const
}

function bundleName(file: string): string {
  return `${file}.bundle.cjs`
}

const META = {
  'import.meta.url': '__lunaroute_url',
  'import.meta.dirname': '__lunaroute_dirname',
  'import.meta.filename': '__lunaroute_filename',
  __dirname: '__lunaroute_dirname',
  __filename: '__lunaroute_filename',
}

/** Notes each file that is read, and tells each what its own `import.meta` is. */
function perFile(files: Set<string>): Plugin {
  return {
    name: 'lunaroute-per-file',
    setup(build) {
      build.onLoad({ filter: /.*/, namespace: 'file' }, async ({ path }) => {
        files.add(path)
        const loader = LOADERS[extname(path)]
        if (!loader) return undefined
        const text = await readFile(path, 'utf8')
        if (!/import\.meta|__dirname|__filename/.test(text) || text.startsWith('#!')) return { contents: text, loader }
        const [url, folder, name] = [pathToFileURL(path).href, dirname(path), path].map(each => JSON.stringify(each))
        // On the first line, so that the lines of errors stay true.
        const own = `const __lunaroute_url=${url},__lunaroute_dirname=${folder},__lunaroute_filename=${name};`
        return { contents: own + text, loader }
      })
    },
  }
}

function messages(error: unknown): readonly Message[] {
  return error instanceof Error && 'errors' in error ? ((error as BuildFailure).errors ?? []) : []
}

function problemOf(message: Message, file: string, files: Set<string>): Problem {
  const at = message.location
  const inFile = at && at.file !== '<stdin>' ? resolve(dirname(file), at.file) : file
  const [, missing] = /^Could not resolve "(\.[^"]*)"/.exec(message.text) ?? []
  if (missing !== undefined) {
    // Watched, so that creating the file heals the config.
    const path = resolve(dirname(inFile), missing)
    for (const candidate of [path, path.replace(/\.([cm]?)js$/, '.$1ts')]) files.add(candidate)
  }
  const notes = message.notes.map(({ text }) => ` (${text})`).join('')
  const location: ConfigLocation = at ? { file: inFile, line: at.line, column: at.column + 1 } : { file: inFile }
  return { message: message.text.replaceAll('lunaroute-external:', '') + notes, location }
}

let idle: NodeJS.Timeout | undefined

/** esbuild's child process holds memory that a gateway needs only around an edit. It starts again by itself. */
function stopWhenIdle(stop: () => Promise<void>): void {
  clearTimeout(idle)
  idle = setTimeout(() => void stop(), 30_000)
  idle.unref()
}
