import type { EngineModule } from '../api/decode.ts'
import { Badge } from '../components/Badge.tsx'
import { FilteredTable, type Column } from '../components/FilteredTable.tsx'
import { Names } from '../components/Names.tsx'

const COLUMNS: readonly Column<EngineModule>[] = [
  { label: 'Name', cell: (module) => <code>{module.name}</code> },
  { label: 'Type', cell: (module) => module.type },
  { label: 'State', cell: (module) => <Badge state={module.status} /> },
  { label: 'Depends on', cell: (module) => <Names names={module.dependsOn} /> },
]

export function ModulesPage({ modules }: { modules: readonly EngineModule[] }) {
  return (
    <FilteredTable
      noun="module"
      rows={modules}
      columns={COLUMNS}
      keyOf={(module) => module.name}
      textOf={(module) => [module.name, module.type, module.status, ...module.dependsOn].join(' ')}
    />
  )
}
