/** The licences of what ships, as one text. */
import type { Installed } from './packages.ts'
import { order } from './ids.ts'
import type { Contents } from './shipped.ts'

// The bundler's own modules that can ship, by how their ids start, and the package they are from.
const RUNTIME: readonly (readonly [string, string])[] = [
  ['\0vite/', 'node_modules/vite'],
  ['\0__vite-', 'node_modules/vite'],
  ['\0commonjsHelpers.js', 'node_modules/vite'],
  ['\0rolldown/', 'node_modules/rolldown'],
  ['\0@oxc-project+runtime@', 'node_modules/rolldown'],
  ['\0plugin-vue/', 'node_modules/@vitejs/plugin-vue'],
  ['\0plugin-vue:', 'node_modules/@vitejs/plugin-vue'],
]

/** The folders of the packages that something comes from, sorted, as far as they are known. */
export function foldersOf(list: Contents): string[] {
  const folders = idsOf(list).map(folderOf).filter((folder) => folder !== null)
  return [...new Set(folders)].sort(order)
}

/** Refuse what ships of a package that nobody knows. */
export function requireKnown(list: Contents): void {
  const unknown = idsOf(list).find((id) => id.startsWith('\0') && folderOf(id) === null)
  if (unknown === undefined) return
  throw new Error(`${JSON.stringify(unknown)} ships, but its package is unknown; add it to RUNTIME`)
}

function idsOf(list: Contents): string[] {
  return [...list.modules.map((module) => module.id), ...list.assets.flatMap((a) => a.sources)]
}

function folderOf(id: string): string | null {
  const runtime = RUNTIME.find(([start]) => id.startsWith(start))?.[1]
  return installedIn(id) ?? runtime ?? null
}

/** The folder of the package that a path or id is in; null for the project’s own. */
export function installedIn(id: string): string | null {
  return /^\0?(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? null
}

/** The file that ships beside the code; `name` and `own` are this project’s, and its licence. */
export function licencesText(name: string, own: string, packages: readonly Installed[]): string {
  const sections = packages.map(({ facts, licenceText }) => {
    const { name: theirs, version, licence } = facts
    if (licence === undefined || licenceText === null) {
      throw new Error(`${theirs} ships, but its package holds no licence or no text of it`)
    }
    return `${theirs} ${version} (${licence})\n\n${tidy(licenceText)}`
  })
  return [`${name}\n\n${tidy(own)}`, ...sections].join(RULE)
}

const RULE = `\n\n${'-'.repeat(80)}\n\n`

function tidy(text: string): string {
  return text.replaceAll('\r\n', '\n').trim()
}
