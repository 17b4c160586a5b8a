/** Writes, with every build, what ships: `build/modules.json` and `dist/LICENSES.txt`. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Plugin } from 'vite'
import { order, relative, withoutQuery } from './ids.ts'
import { foldersOf, installedIn, licencesText, requireKnown } from './licences.ts'
import { noticesIn } from './notices.ts'
import { installed, type Installed } from './packages.ts'
import { importedBy, isStyleSheet } from './sheets.ts'
import { contents, type Contents, type Shipped, type Sources } from './shipped.ts'

/** What ships beside the list: the licences of everything, in a file of the output. */
export interface Licences {
  readonly file: string
  /** The heading of the project’s own part. */
  readonly name: string
  /** The project’s own licence, relative to Vite’s root. */
  readonly own: string
}

/**
 * `list` is relative to Vite's root, and outside the output folder: it does not ship itself.
 * Without `licences` no file of licences is added.
 */
export function whatShips(list: string, licences?: Licences): Plugin {
  let root = ''
  let found: Contents = { modules: [], assets: [] }
  let packages: readonly Installed[] = []
  const sheets = new Map<string, string | undefined>()
  return {
    name: 'workflow:what-ships',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      root = config.root
    },
    renderStart() {
      sheets.clear()
    },
    // Here a chunk's styles are still its own; Vite hands those of chunks without scripts on later.
    renderChunk(_code, chunk) {
      const [file, ...others] = stylesOf(chunk)
      for (const id of Object.keys(chunk.modules).filter(isStyleSheet)) {
        sheets.set(id, others.length === 0 ? file : undefined)
      }
      return null
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const sources: Sources = {
          sheetOf: (id) => sheets.get(id),
          size: (id) => (id.startsWith('\0') ? 0 : statSync(withoutQuery(id)).size),
          imported: (id) => (isFile(id) ? importedBy(id) : []),
          notices: (id) => noticesOf(id, root),
        }
        found = contents(bundle, root, sources, lostIn(bundle, sheets))
        const folders = foldersOf(found).filter((folder) => existsSync(join(root, folder)))
        packages = folders.map((folder) => installed(root, folder))
        if (licences === undefined) return
        requireKnown(found)
        const own = readFileSync(join(root, licences.own), 'utf8')
        const source = `${licencesText(licences.name, own, packages)}\n`
        this.emitFile({ type: 'asset', fileName: licences.file, source })
        found = { ...found, assets: withLicences(found, licences) }
      },
    },
    writeBundle: {
      order: 'post',
      handler(options, bundle) {
        const files = Object.keys(bundle).sort(order)
        const folder = options.dir ?? dirname(options.file ?? '')
        const written = files.map((file) => ({ file, sha256: digestOf(join(folder, file)) }))
        const facts = packages.map((each) => each.facts)
        write(join(root, list), { format: 2, ...found, packages: facts, written })
      },
    },
  }
}

interface Chunk {
  readonly modules: Readonly<Record<string, unknown>>
}

function stylesOf(chunk: object): string[] {
  const { viteMetadata } = chunk as { viteMetadata?: { importedCss?: Set<string> } }
  return [...(viteMetadata?.importedCss ?? [])]
}

/** The style sheets of chunks that were there and are no more. */
function lostIn(bundle: object, sheets: ReadonlyMap<string, string | undefined>): string[] {
  const chunks = Object.values(bundle).filter((output): output is Chunk => 'modules' in output)
  const held = new Set(chunks.flatMap((chunk) => Object.keys(chunk.modules)))
  return [...sheets].filter(([id, file]) => file !== undefined && !held.has(id)).map(([id]) => id)
}

/** Whether a style sheet is a file of its own, not a part of a component. */
function isFile(id: string): boolean {
  return isStyleSheet(withoutQuery(id))
}

function withLicences(found: Contents, licences: Licences): Contents['assets'] {
  const added = { file: licences.file, sources: [licences.own] }
  return [...found.assets, added].sort((a, b) => order(a.file, b.file))
}

function noticesOf(id: string, root: string): string[] {
  const folder = id.startsWith('\0') ? null : installedIn(relative(id, root))
  if (folder === null) return []
  const own = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
  return noticesIn(readFileSync(withoutQuery(id), 'utf8'), own)
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

function write(path: string, value: Shipped): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)
}
