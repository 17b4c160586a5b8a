import type { EngineRoute } from '../api/decode.ts'
import { FilteredTable, type Column } from '../components/FilteredTable.tsx'
import { Names, None } from '../components/Names.tsx'

const COLUMNS: readonly Column<EngineRoute>[] = [
  { label: 'Method', cell: (route) => <span className="method">{route.method}</span> },
  { label: 'Path', cell: (route) => <code>{route.path}</code> },
  { label: 'Handler', cell: (route) => <code>{route.handler}</code> },
  {
    label: 'Pipeline',
    cell: (route) => (route.pipeline === null ? <None /> : <code>{route.pipeline}</code>),
  },
  { label: 'Middlewares', cell: (route) => <Names names={route.middlewares} /> },
]

export function RoutesPage({ routes }: { routes: readonly EngineRoute[] }) {
  return (
    <FilteredTable
      noun="route"
      rows={routes}
      columns={COLUMNS}
      keyOf={(route, index) => `${index} ${route.method} ${route.path}`}
      textOf={(route) =>
        [route.method, route.path, route.handler, route.pipeline ?? '', ...route.middlewares].join(
          ' ',
        )
      }
    />
  )
}
