import type { TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { didYouMean } from './suggest.ts'
import { dotted, isPlainObject, kindOf, type Path, valueAt } from './values.ts'

/** A disagreement between a value and its schema. */
export interface Mismatch {
  /** The value at fault; for an unknown key, the key itself. */
  readonly path: Path
  readonly message: string
}

// Not strict: schemas carry annotations of their own (`noEffect`), and TypeBox writes some that ajv's strict mode minds.
// Schemas are many and checked once or twice each: making the code they compile to small costs more than it saves.
const ajv = new Ajv({
  allErrors: true,
  useDefaults: true,
  strict: false,
  verbose: true,
  validateSchema: false,
  meta: false,
  code: { optimize: false },
})
const compiled = new WeakMap<TSchema, ValidateFunction>()

/**
 * Checks a value and fills in its defaults, in place. Objects are closed: a key that is not in the schema is a
 * mismatch, whether or not its author wrote `additionalProperties: false`.
 */
export function validate(schema: TSchema, value: unknown): Mismatch[] {
  const check = compile(schema)
  if (check(value)) return []
  return tell(check.errors ?? [], value)
}

function compile(schema: TSchema): ValidateFunction {
  const known = compiled.get(schema)
  if (known) return known
  const closed = close(schema) as TSchema
  try {
    const check = ajv.compile(closed)
    compiled.set(schema, check)
    return check
  } finally {
    // ajv would hold every schema of every reload for ever.
    ajv.removeSchema(closed)
  }
}

/** Branches of an `allOf` stay open: closed, each would refuse the keys of the others. */
function close(schema: unknown, isOpen = false): unknown {
  if (Array.isArray(schema)) return schema.map(inner => close(inner, isOpen))
  if (!isPlainObject(schema)) return schema
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(schema)) {
    if (['default', 'const', 'enum', 'examples'].includes(key)) copy[key] = inner
    else if (/^(properties|patternProperties|\$defs|definitions)$/.test(key) && isPlainObject(inner)) {
      copy[key] = Object.fromEntries(Object.entries(inner).map(([name, each]) => [name, close(each)]))
    } else copy[key] = close(inner, key === 'allOf')
  }
  if (!isOpen && schema.properties && !('additionalProperties' in schema) && !('patternProperties' in schema)) {
    copy.additionalProperties = false
  }
  return copy
}

function tell(errors: readonly ErrorObject[], root: unknown): Mismatch[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')
  const isInside = (error: ErrorObject) =>
    unions.some(union => union !== error && error.schemaPath.startsWith(`${union.schemaPath}/`))
  const told = errors.filter(error => !isInside(error))
  const mismatches = told.map(error => {
    if (!unions.includes(error)) return explain(error, root)
    const inner = errors.filter(other => other.schemaPath.startsWith(`${error.schemaPath}/`))
    return explainUnion(error, inner, root)
  })
  const seen = new Set<string>()
  return mismatches.filter(({ path, message }) => {
    const key = `${dotted(path)}\0${message}`
    return !seen.has(key) && seen.add(key)
  })
}

function explain(error: ErrorObject, root: unknown): Mismatch {
  const path = pathOf(error.instancePath, root)
  const value = valueAt(root, path)
  const parameters = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(parameters.additionalProperty)
      const known = Object.keys((error.parentSchema as TSchema | undefined)?.properties ?? {})
      const near = didYouMean(key, known)
      return { path: [...path, key], message: `unknown key "${key}"${near || `; known are ${known.join(', ')}`}` }
    }
    case 'required':
      return { path, message: `"${String(parameters.missingProperty)}" is missing` }
    case 'type':
      return { path, message: `must be ${article([parameters.type].flat().map(String))}, is ${kindOf(value)}` }
    case 'enum':
      return { path, message: oneOf(parameters.allowedValues as unknown[], value) }
    case 'const':
      return { path, message: oneOf([parameters.allowedValue], value) }
    default:
      return { path, message: error.message ?? 'is not valid' }
  }
}

/** A union of literals reads as a list; otherwise the branch that came furthest explains best. */
function explainUnion(union: ErrorObject, inner: readonly ErrorObject[], root: unknown): Mismatch {
  const path = pathOf(union.instancePath, root)
  const consts = inner.filter(error => error.keyword === 'const' && error.instancePath === union.instancePath)
  if (consts.length > 0 && consts.length === inner.length) {
    return {
      path,
      message: oneOf(
        consts.map(({ params }) => params.allowedValue as unknown),
        valueAt(root, path),
      ),
    }
  }
  const isFurther = (error: ErrorObject) =>
    error.instancePath.length > union.instancePath.length || error.keyword === 'additionalProperties'
  const furthest = inner.find(isFurther) ?? inner.find(({ keyword }) => keyword !== 'type')
  if (furthest?.keyword === 'const') {
    // The branches differ in what they want there.
    const rivals = inner.filter(each => each.keyword === 'const' && each.instancePath === furthest.instancePath)
    const at = pathOf(furthest.instancePath, root)
    return {
      path: at,
      message: oneOf([...new Set(rivals.map(each => each.params.allowedValue as unknown))], valueAt(root, at)),
    }
  }
  if (furthest) return explain(furthest, root)
  const types = inner.map(({ params }) => String(params.type))
  return { path, message: `must be ${article([...new Set(types)])}, is ${kindOf(valueAt(root, path))}` }
}

function oneOf(allowed: readonly unknown[], value: unknown): string {
  const words = allowed.map(String)
  const near = typeof value === 'string' ? didYouMean(value, words) : ''
  return `must be ${words.length > 1 ? 'one of ' : ''}${words.join(', ')}${near}`
}

function article(types: readonly string[]): string {
  return types.map(type => (type === 'null' ? type : /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`)).join(' or ')
}

/** A JSON pointer as a path; a step is an index only where the value is a list. */
function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = []
  for (const part of pointer.split('/').slice(1)) {
    const step = part.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(valueAt(root, path)) ? Number(step) : step)
  }
  return path
}
