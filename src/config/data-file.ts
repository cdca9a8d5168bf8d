import { dirname, extname } from 'node:path'
import { findNodeAtLocation, getNodeValue, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { parse as parseToml, TomlError } from 'smol-toml'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { ConfigError } from '../errors.ts'
import { type ConfigSource, type Position, positionAt } from './source.ts'
import { locateInToml } from './toml-positions.ts'
import type { Path } from './values.ts'

type Parsed = Pick<ConfigSource, 'value' | 'position'>

/** Parses a JSON, YAML or TOML config. Comments and trailing commas are tolerated in JSON. */
export function parseDataFile(file: string, text: string): ConfigSource {
  const parse = PARSERS[extname(file) as keyof typeof PARSERS]
  return { file, folder: dirname(file), isData: true, ...parse(file, text.replace(/^\uFEFF/, '')) }
}

const PARSERS = { '.json': parseJson, '.yaml': parseYaml, '.yml': parseYaml, '.toml': parseTomlText }

function parseJson(file: string, text: string): Parsed {
  const errors: ParseError[] = []
  const tree = parseTree(text, errors, { allowTrailingComma: true })
  const error = errors[0]
  if (error && text.trim() !== '') {
    const words = printParseErrorCode(error.error).replace(/([a-z])([A-Z])/g, '$1 $2')
    throw syntaxError(file, `invalid JSON: ${words.toLowerCase()}`, positionAt(text, error.offset))
  }
  return {
    value: tree ? (getNodeValue(tree) as unknown) : undefined,
    position(path) {
      for (let length = path.length; tree && length > 0; length--) {
        const node = findNodeAtLocation(tree, path.slice(0, length))
        const key = node?.parent?.type === 'property' ? node.parent : node
        if (key) return positionAt(text, key.offset)
      }
      return undefined
    },
  }
}

function parseYaml(file: string, text: string): Parsed {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false })
  const error = document.errors[0]
  if (error) throw syntaxError(file, `invalid YAML: ${error.message}`, yamlPosition(lines, error.pos[0]))
  return {
    value: document.toJS() as unknown,
    position: path => locateInYaml(document.contents, path, lines),
  }
}

function locateInYaml(root: Node | null, path: Path, lines: LineCounter): Position | undefined {
  let node: unknown = root
  let offset: number | undefined
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && String(item.key.value) === String(step))
      if (!pair) break
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      offset = (node as Node | undefined)?.range?.[0] ?? offset
    } else break
  }
  return offset === undefined ? undefined : yamlPosition(lines, offset)
}

function yamlPosition(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

function parseTomlText(file: string, text: string): Parsed {
  try {
    return { value: parseToml(text), position: path => locateInToml(text, path) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    // The rest of its message is a picture of the line, which may hold a key.
    const [sentence] = error.message.split('\n')
    throw syntaxError(file, `invalid TOML: ${sentence}`, { line: error.line, column: error.column })
  }
}

function syntaxError(file: string, message: string, position: Position): ConfigError {
  return new ConfigError(message, { location: { file, ...position } })
}
