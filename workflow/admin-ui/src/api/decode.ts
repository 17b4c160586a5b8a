/** What the engine answers, checked at the door: anything else is an error, never half a page. */

export interface EngineStatus {
  readonly name: string
  readonly version: string
  readonly status: string
  /** RFC 3339, null before the engine has started. */
  readonly startedAt: string | null
  readonly uptimeSeconds: number
  readonly modules: number
  readonly routes: number
  readonly pipelines: number
}

export interface EngineModule {
  readonly name: string
  readonly type: string
  readonly status: string
  readonly dependsOn: readonly string[]
}

export interface EngineRoute {
  readonly method: string
  readonly path: string
  readonly handler: string
  readonly pipeline: string | null
  readonly middlewares: readonly string[]
}

export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

export function decodeStatus(value: unknown): EngineStatus {
  const table = object(value, 'status')
  return {
    name: text(table, 'name'),
    version: text(table, 'version'),
    status: text(table, 'status'),
    startedAt: table['startedAt'] == null ? null : text(table, 'startedAt'),
    uptimeSeconds: number(table, 'uptimeSeconds'),
    modules: number(table, 'modules'),
    routes: number(table, 'routes'),
    pipelines: number(table, 'pipelines'),
  }
}

export function decodeModules(value: unknown): EngineModule[] {
  return list(value, 'modules').map((item, index) => {
    const table = object(item, `modules[${index}]`)
    return {
      name: text(table, 'name'),
      type: text(table, 'type'),
      status: text(table, 'status'),
      dependsOn: texts(table, 'dependsOn'),
    }
  })
}

export function decodeRoutes(value: unknown): EngineRoute[] {
  return list(value, 'routes').map((item, index) => {
    const table = object(item, `routes[${index}]`)
    return {
      method: text(table, 'method'),
      path: text(table, 'path'),
      handler: text(table, 'handler'),
      pipeline: table['pipeline'] == null ? null : text(table, 'pipeline'),
      middlewares: texts(table, 'middlewares'),
    }
  })
}

/** `version.json`, which the release puts beside the page. */
export function decodeVersion(value: unknown): string {
  return text(object(value, 'version.json'), 'version')
}

type Table = Readonly<Record<string, unknown>>

function object(value: unknown, where: string): Table {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DecodeError(`${where} is no object`)
  }
  return value as Table
}

function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new DecodeError(`${where} is no list`)
  return value
}

function text(table: Table, key: string): string {
  const value = table[key]
  if (typeof value !== 'string') throw new DecodeError(`${key} is no text`)
  return value
}

function number(table: Table, key: string): number {
  const value = table[key]
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new DecodeError(`${key} is no number`)
  }
  return value
}

function texts(table: Table, key: string): string[] {
  return list(table[key] ?? [], key).map((item) => {
    if (typeof item !== 'string') throw new DecodeError(`${key} holds something that is no text`)
    return item
  })
}
