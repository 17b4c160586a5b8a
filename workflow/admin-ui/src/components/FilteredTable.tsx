import { useId, useState, type ReactNode } from 'react'
import { counted } from '../format.ts'

export interface Column<Row> {
  readonly label: string
  readonly cell: (row: Row) => ReactNode
}

interface Props<Row> {
  readonly noun: string
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row, index: number) => string
  /** The text of a row that the filter looks in. */
  readonly textOf: (row: Row) => string
  readonly initialFilter?: string
}

/**
 * A table with a filter: every word must occur in a row. On a narrow screen rows become blocks,
 * which would end the table for a screen reader; the roles keep it one.
 */
export function FilteredTable<Row>({
  noun,
  rows,
  columns,
  keyOf,
  textOf,
  initialFilter = '',
}: Props<Row>) {
  const [filter, setFilter] = useState(initialFilter)
  const id = useId()
  const shown = matching(rows, textOf, filter)
  if (rows.length === 0) return <p className="empty">This engine has no {noun}s.</p>
  return (
    <>
      <div className="filter">
        <label htmlFor={id}>Filter {noun}s</label>
        <input
          id={id}
          type="search"
          value={filter}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setFilter(event.target.value)}
        />
        <span role="status">
          {shown.length === rows.length
            ? counted(rows.length, noun)
            : `${shown.length} of ${counted(rows.length, noun)}`}
        </span>
      </div>
      {shown.length === 0 ? (
        <p className="empty">No {noun} matches.</p>
      ) : (
        <div className="scroll" tabIndex={0} role="region" aria-label={`${noun}s`}>
          <table role="table">
            <thead role="rowgroup">
              <tr role="row">
                {columns.map((column) => (
                  <th key={column.label} role="columnheader" scope="col">
                    {column.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody role="rowgroup">
              {shown.map((row, index) => (
                <tr key={keyOf(row, index)} role="row">
                  {columns.map((column) => (
                    <td key={column.label} role="cell" data-label={column.label}>
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  )
}

export function matching<Row>(
  rows: readonly Row[],
  textOf: (row: Row) => string,
  filter: string,
): readonly Row[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  return rows.filter((row) => {
    const text = textOf(row).toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
