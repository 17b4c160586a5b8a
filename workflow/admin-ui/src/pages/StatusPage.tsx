import type { EngineStatus } from '../api/decode.ts'
import { Badge } from '../components/Badge.tsx'
import { duration, moment } from '../format.ts'
import { addressOf } from './index.ts'

export function StatusPage({ status }: { status: EngineStatus }) {
  return (
    <>
      <dl className="facts">
        <div>
          <dt>State</dt>
          <dd>
            <Badge state={status.status} />
          </dd>
        </div>
        <div>
          <dt>Version</dt>
          <dd>{status.version}</dd>
        </div>
        <div>
          <dt>Up for</dt>
          <dd>{duration(status.uptimeSeconds)}</dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd>
            {status.startedAt === null ? (
              'not yet'
            ) : (
              <time dateTime={status.startedAt}>{moment(status.startedAt)}</time>
            )}
          </dd>
        </div>
      </dl>
      <ul className="counts">
        <Count count={status.modules} label="modules" href={addressOf('modules')} />
        <Count count={status.routes} label="routes" href={addressOf('routes')} />
        <Count count={status.pipelines} label="pipelines" />
      </ul>
    </>
  )
}

function Count({ count, label, href }: { count: number; label: string; href?: string }) {
  const content = (
    <>
      <strong>{count}</strong> {count === 1 ? label.slice(0, -1) : label}
    </>
  )
  return <li>{href === undefined ? <span>{content}</span> : <a href={href}>{content}</a>}</li>
}
