/** Writes, with every build, what ships: `build/modules.json` and `dist/LICENSES.txt`. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Plugin } from 'vite'
import { foldersOf, installedIn, licencesText, requireKnown } from './licences.ts'
import { noticesIn } from './notices.ts'
import { installed, type Installed } from './packages.ts'
import { contents, order, relative, withoutQuery, type Contents, type Shipped } from './shipped.ts'

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
  return {
    name: 'workflow:what-ships',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      root = config.root
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const size = (id: string) => statSync(withoutQuery(id)).size
        found = contents(bundle, root, { size, notices: (id) => noticesOf(id, root) })
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
