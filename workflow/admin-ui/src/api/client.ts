import {
  decodeModules,
  decodeRoutes,
  decodeStatus,
  decodeVersion,
  type EngineModule,
  type EngineRoute,
  type EngineStatus,
} from './decode.ts'

const BASE = '/api/v1/engine'
const TIMEOUT_MS = 10_000

/** A failure in words for a person. `unauthorized` asks for a token, anything else for patience. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly unauthorized: boolean

  constructor(message: string, unauthorized = false) {
    super(message)
    this.unauthorized = unauthorized
  }
}

/** One moment of an engine: the three answers belong together. */
export interface Snapshot {
  readonly status: EngineStatus
  readonly modules: readonly EngineModule[]
  readonly routes: readonly EngineRoute[]
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** Ask the engine everything; `token` is sent as a bearer token unless it is empty. */
export async function loadSnapshot(
  fetch: Fetch,
  token: string,
  signal: AbortSignal,
): Promise<Snapshot> {
  const ask = <T>(endpoint: string, decode: (value: unknown) => T) =>
    get(fetch, endpoint, token, signal).then((value) => decoded(value, decode))
  const [status, modules, routes] = await Promise.all([
    ask('status', decodeStatus),
    ask('modules', decodeModules),
    ask('routes', decodeRoutes),
  ])
  return { status, modules, routes }
}

/** The version of this page; null where no release put one beside it. */
export async function loadOwnVersion(fetch: Fetch): Promise<string | null> {
  try {
    const response = await fetch('./version.json', { cache: 'no-cache' })
    return response.ok ? decodeVersion(await response.json()) : null
  } catch {
    return null
  }
}

async function get(
  fetch: Fetch,
  endpoint: string,
  token: string,
  signal: AbortSignal,
): Promise<unknown> {
  const response = await answered(fetch, endpoint, token, signal)
  if (response.status === 401 || response.status === 403) {
    throw new ApiError('The engine asks for a token.', true)
  }
  if (!response.ok) throw new ApiError(`The engine answered ${response.status}.`)
  try {
    return await response.json()
  } catch {
    throw new ApiError('The engine answered with something that is no JSON.')
  }
}

async function answered(
  fetch: Fetch,
  endpoint: string,
  token: string,
  signal: AbortSignal,
): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (token !== '') headers['authorization'] = `Bearer ${token}`
  const either = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    return await fetch(`${BASE}/${endpoint}`, { cache: 'no-store', headers, signal: either })
  } catch (error) {
    if (signal.aborted) throw error
    const slow = error instanceof DOMException && error.name === 'TimeoutError'
    throw new ApiError(slow ? 'The engine does not answer.' : 'The engine can’t be reached.')
  }
}

function decoded<T>(value: unknown, decode: (value: unknown) => T): T {
  try {
    return decode(value)
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it is malformed'
    throw new ApiError(`The engine’s answer can’t be read: ${reason}.`)
  }
}
