import type { Snapshot } from './api/client.ts'
import { ApiError } from './api/client.ts'
import { Notice } from './components/Notice.tsx'
import { TokenForm } from './components/TokenForm.tsx'
import { clock } from './format.ts'
import { addressOf, PAGES, titleOf, type PageId } from './pages/index.ts'
import { ModulesPage } from './pages/ModulesPage.tsx'
import { RoutesPage } from './pages/RoutesPage.tsx'
import { StatusPage } from './pages/StatusPage.tsx'
import type { Polled } from './polling/poll.ts'

export interface ViewProps {
  readonly page: PageId
  readonly polled: Polled<Snapshot>
  readonly ownVersion: string | null
  readonly refreshing: boolean
  readonly onRefresh: () => void
  readonly onRefreshing: (refreshing: boolean) => void
  readonly onToken: (token: string) => void
}

/** The whole page as a function of what is known; it asks nothing itself. */
export function View(props: ViewProps) {
  const { page, polled, ownVersion } = props
  return (
    <>
      <button type="button" className="skip" onClick={skipToContent}>
        Skip to content
      </button>
      <header>
        <p className="brand">{polled.value?.status.name || 'Workflow'}</p>
        <nav aria-label="Pages">
          {PAGES.map(({ id, label }) => (
            <a key={id} href={addressOf(id)} aria-current={id === page ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
      </header>
      <main id="content" tabIndex={-1} aria-busy={polled.value === null && polled.error === null}>
        <div className="heading">
          <h1>{titleOf(page)}</h1>
          <Freshness {...props} />
        </div>
        <Content {...props} />
      </main>
      <footer>Admin UI {ownVersion ?? 'development build'}</footer>
    </>
  )
}

/** A link to `#content` would be taken for the address of a page. */
function skipToContent() {
  document.getElementById('content')?.focus()
}

function Freshness({ polled, refreshing, onRefresh, onRefreshing }: ViewProps) {
  return (
    <div className="freshness">
      {polled.at !== null && <span className="faint">as of {clock(polled.at)}</span>}
      <label>
        <input
          type="checkbox"
          checked={refreshing}
          onChange={(event) => onRefreshing(event.target.checked)}
        />
        Auto refresh
      </label>
      <button type="button" onClick={onRefresh}>
        Refresh
      </button>
    </div>
  )
}

function Content({ page, polled, onRefresh, onToken }: ViewProps) {
  const { value, error } = polled
  if (error instanceof ApiError && error.unauthorized) {
    return (
      <>
        <Notice alert>{error.message}</Notice>
        <TokenForm onToken={onToken} />
      </>
    )
  }
  if (value === null && error === null) return <Notice>Asking the engine…</Notice>
  return (
    <>
      {error !== null && (
        <Notice alert>
          {error.message} {value !== null && 'What follows is older. '}
          <button type="button" onClick={onRefresh}>
            Try again
          </button>
        </Notice>
      )}
      {value !== null && <Page page={page} snapshot={value} />}
    </>
  )
}

function Page({ page, snapshot }: { page: PageId; snapshot: Snapshot }) {
  switch (page) {
    case 'status':
      return <StatusPage status={snapshot.status} />
    case 'modules':
      return <ModulesPage modules={snapshot.modules} />
    case 'routes':
      return <RoutesPage routes={snapshot.routes} />
  }
}
