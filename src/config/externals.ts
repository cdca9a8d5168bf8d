import { createRequire, isBuiltin } from 'node:module'
import type { OnResolveArgs, Plugin, PluginBuild } from 'esbuild'
import { ConfigError } from '../errors.ts'
import { importFile, type Namespace, type Program } from './program.ts'

const NAMESPACE = 'lunaroute-external'

/** Modules the process has loaded, by the id a bundle knows them by. A bundle sees nothing of ours but globalThis. */
const REGISTRY: unique symbol = Symbol.for('lunaroute.modules')
const shared = globalThis as { [REGISTRY]?: Map<string, unknown> }
const registry = shared[REGISTRY] ?? new Map<string, unknown>()
shared[REGISTRY] = registry

/**
 * Keeps packages out of a bundle. Each bare specifier becomes a small module that exports exactly what the really
 * imported one exports, so default and named imports mean what they mean in Node, packages that are ESM only work,
 * and a misspelled import is a build error with its place.
 */
export function externals(program: Program): Plugin {
  return {
    name: 'lunaroute-externals',
    setup(build) {
      build.onResolve({ filter: /^[^./\\]/ }, async args => {
        if (args.kind === 'entry-point' || args.pluginData === RESOLVING || /^[A-Za-z]:[\\/]/.test(args.path)) return
        try {
          return await resolveBare(args, program, build)
        } catch (error) {
          return { errors: [{ text: sentence(args.path, error), detail: error }] }
        }
      })
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({ contents: facade(path), loader: 'js' }))
    },
  }
}

const RESOLVING = Symbol('resolving')

async function resolveBare(args: OnResolveArgs, program: Program, build: PluginBuild) {
  const external = (id: string, module: unknown) => {
    registry.set(id, module)
    return { path: id, namespace: NAMESPACE }
  }
  if (isBuiltin(args.path)) {
    // An ES module bundle is run as a function's body, where no import statement may stand.
    const isImport = build.initialOptions.format === 'esm' && args.kind === 'import-statement'
    return isImport ? external(args.path, await import(args.path)) : { path: args.path, external: true }
  }
  if (program.owns(args.path)) return external(args.path, await program.load(args.path))

  const { kind, importer, namespace, resolveDir } = args
  const found = await build.resolve(args.path, { kind, importer, namespace, resolveDir, pluginData: RESOLVING })
  // esbuild words a missing package best itself, and knows that a dynamic import may fail.
  if (found.errors.length > 0) return undefined
  // A path alias of tsconfig, or a linked package of the same workspace: source to bundle, and to reload.
  if (!/[\\/]node_modules[\\/]/.test(found.path)) return found
  if (kind === 'require-call' || kind === 'require-resolve') {
    return external(`require:${found.path}`, createRequire(found.path)(found.path))
  }
  return external(found.path, await importFile(found.path))
}

function facade(id: string): string {
  const module = `globalThis[Symbol.for('lunaroute.modules')].get(${JSON.stringify(id)})`
  if (id.startsWith('require:')) return `module.exports = ${module}`
  const names = Object.keys(registry.get(id) as Namespace)
  const values = names.map((name, index) => `const e${index} = own[${JSON.stringify(name)}];`)
  // Quoted export names may be any string, `default` and reserved words included.
  const exported = names.map((name, index) => `e${index} as ${JSON.stringify(name)}`)
  return `const own = ${module};\n${values.join('\n')}\nexport { ${exported.join(', ')} };`
}

function sentence(specifier: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return error instanceof ConfigError ? message : `"${specifier}" could not be imported: ${message}`
}
