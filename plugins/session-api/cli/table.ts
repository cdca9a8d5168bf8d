import { printable } from './words.ts'

export interface Column {
  readonly title: string
  /** Figures stand to the right. */
  readonly isNumber?: boolean
}

/** Rows in aligned columns under their titles. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map(row => row.map(cell => printable(cell).replace(/\s+/g, ' ')))
  const all = [columns.map(each => each.title), ...clean]
  const widths = columns.map((_, at) => Math.max(...all.map(row => width(row[at] ?? ''))))
  const line = (row: readonly string[]) =>
    columns
      .map(({ isNumber }, at) => pad(row[at] ?? '', widths[at]!, isNumber ?? false))
      .join('  ')
      .trimEnd()
  return all.map(line).join('\n')
}

function pad(cell: string, to: number, isRight: boolean): string {
  const space = ' '.repeat(Math.max(0, to - width(cell)))
  return isRight ? space + cell : cell + space
}

/** Characters, not code units. */
function width(cell: string): number {
  return [...cell].length
}
