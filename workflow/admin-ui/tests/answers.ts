import type { Fetch, Snapshot } from '../src/api/client.ts'

export const STATUS = {
  name: 'orders',
  version: '1.4.2',
  status: 'running',
  startedAt: '2026-04-24T09:30:15Z',
  uptimeSeconds: 93784.5,
  modules: 2,
  routes: 2,
  pipelines: 1,
}

export const MODULES = [
  { name: 'web', type: 'http.server', status: 'running', dependsOn: [] },
  { name: 'router', type: 'http.router', status: 'failed', dependsOn: ['web'] },
]

export const ROUTES = [
  { method: 'GET', path: '/healthz', handler: 'health', middlewares: [] },
  { method: 'POST', path: '/orders', handler: 'intake', pipeline: 'order', middlewares: ['auth'] },
]

export const SNAPSHOT: Snapshot = {
  status: STATUS,
  modules: MODULES,
  routes: ROUTES.map((route) => ({ ...route, pipeline: route.pipeline ?? null })),
}

/** An engine that answers each endpoint with a value, and remembers what it was asked. */
export function engine(answers: Record<string, unknown>): { fetch: Fetch; asked: Request[] } {
  const asked: Request[] = []
  const fetch: Fetch = (url, init) => {
    asked.push(new Request(new URL(url, 'http://engine.test/'), init))
    const answer = answers[url]
    if (answer instanceof Response) return Promise.resolve(answer)
    if (answer instanceof Error) return Promise.reject(answer)
    return Promise.resolve(Response.json(answer ?? null))
  }
  return { fetch, asked }
}

export const ANSWERS = {
  '/api/v1/engine/status': STATUS,
  '/api/v1/engine/modules': MODULES,
  '/api/v1/engine/routes': ROUTES,
}
