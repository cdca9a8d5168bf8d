import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildFailure, BuildOptions, BuildResult, Loader, Message, Plugin } from 'esbuild'
import { ConfigError, type ConfigLocation } from '../errors.ts'
import { evaluateCommonJs, evaluateEsm, placeInStack } from './evaluate.ts'
import { externals } from './externals.ts'
import type { Problem } from './problem.ts'
import { errorOf } from './problem.ts'
import type { Program } from './program.ts'

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
}

/** Whether a file's name says that it holds TypeScript or JavaScript. */
export function isModuleFile(file: string): boolean {
  return extname(file) in LOADERS
}

/**
 * The default export of a TypeScript or JavaScript file, evaluated afresh together with everything it imports by
 * relative path. Every file that took part, or failed to, is added to `files`.
 */
export function loadModule(file: string, program: Program, files: Set<string>): Promise<unknown> {
  files.add(file)
  return load({ entryPoints: [file] }, file, program, files)
}

/** The default export of a package, resolved from a folder. */
export function loadPackage(name: string, folder: string, program: Program, files: Set<string>): Promise<unknown> {
  const stdin = {
    contents: `export { default } from ${JSON.stringify(name)}`,
    resolveDir: folder,
    loader: 'js',
  } as const
  return load({ stdin }, join(folder, `${basename(name)}.js`), program, files)
}

async function load(entry: BuildOptions, file: string, program: Program, files: Set<string>): Promise<unknown> {
  const { code, isEsm } = await bundle(entry, file, program, files)
  let exported: unknown
  try {
    exported = isEsm ? await evaluateEsm(code) : evaluateCommonJs(code, bundleName(file))
  } catch (error) {
    if (error instanceof ConfigError && error.location) throw error
    const location = placeInStack(error, files, code, bundleName(file)) ?? { file }
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw errorOf([{ message: `failed while it was being evaluated: ${what}`, location }], error)
  }
  if (typeof exported !== 'object' || exported === null) return exported
  if (!isEsm && !('__esModule' in exported)) return exported
  if (!('default' in exported)) throw new ConfigError('has no default export', { location: { file } })
  return exported.default
}

async function bundle(entry: BuildOptions, file: string, program: Program, files: Set<string>) {
  const esbuild = await import('esbuild')
  const options = {
    ...entry,
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
  const build = async (format: 'cjs' | 'esm') => {
    const result: BuildResult<typeof options> = await esbuild.build({ ...options, format })
    return { code: result.outputFiles[0]?.text ?? '', isEsm: format === 'esm' }
  }
  try {
    return await build('cjs').catch((error: unknown) => {
      // A CommonJS module cannot wait, an ES module can; it is the exception because Node never frees one.
      const isWaiting = messages(error).some(({ text }) => text.startsWith('Top-level await is currently not supp'))
      if (isWaiting) return build('esm')
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
