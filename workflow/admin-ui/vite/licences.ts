/** The licences of what ships, as one text. */
import { order, type Shipped } from './shipped.ts'

/** A package, and its licence's text. */
export interface Licensed {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly text: string
}

// The bundler's own modules that can ship, by how their ids start, and the package they are from.
const RUNTIME: readonly (readonly [string, string])[] = [
  ['\0vite/', 'node_modules/vite'],
  ['\0commonjsHelpers.js', 'node_modules/vite'],
  ['\0rolldown/', 'node_modules/rolldown'],
  ['\0@oxc-project+runtime@', 'node_modules/rolldown'],
]

/** The folders of the packages that something comes from, sorted. */
export function foldersOf(list: Shipped): string[] {
  const ids = [...list.modules.map((module) => module.id), ...list.assets.flatMap((a) => a.sources)]
  const folders = ids.map(folderOf).filter((folder) => folder !== null)
  return [...new Set(folders)].sort(order)
}

function folderOf(id: string): string | null {
  const installed = /^\0?(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]
  if (installed !== undefined) return installed
  if (!id.startsWith('\0')) return null
  const folder = RUNTIME.find(([start]) => id.startsWith(start))?.[1]
  if (folder === undefined) {
    throw new Error(`${JSON.stringify(id)} ships, but its package is unknown; add it to RUNTIME`)
  }
  return folder
}

/** The file that ships beside the code; `own` is this project's own licence. */
export function licencesText(own: string, packages: readonly Licensed[]): string {
  const sections = packages.map(
    ({ name, version, licence, text }) => `${name} ${version} (${licence})\n\n${tidy(text)}`,
  )
  return [`workflow-admin-ui (MIT)\n\n${tidy(own)}`, ...sections].join(RULE)
}

const RULE = `\n\n${'-'.repeat(80)}\n\n`

function tidy(text: string): string {
  return text.replaceAll('\r\n', '\n').trim()
}
