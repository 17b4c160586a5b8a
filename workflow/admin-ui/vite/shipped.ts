/**
 * What of the installed packages really ships. A lock lists what may be used; the bundler knows
 * what left something in a file: a module whose rendered length is above zero, a style sheet, or
 * a file that was copied.
 */
import type { Rolldown } from 'vite'
import { order, relative } from './ids.ts'
import type { PackageFacts } from './packages.ts'
import { isStyleSheet } from './sheets.ts'

/**
 * A module that left something in a chunk; `bytes` are what it takes there before minification,
 * `notices` are licence comments in it that speak of another package.
 */
export interface ShippedModule {
  readonly id: string
  readonly file: string
  readonly bytes: number
  readonly notices?: readonly string[]
}

/** A file that is no chunk, and what it was made from. */
export interface ShippedAsset {
  readonly file: string
  readonly sources: readonly string[]
}

/** A file as it was written. */
export interface WrittenFile {
  readonly file: string
  readonly sha256: string
}

/** `build/modules.json`; sbom/README.md lays the format down. */
export interface Shipped {
  readonly format: 2
  readonly modules: readonly ShippedModule[]
  readonly assets: readonly ShippedAsset[]
  readonly packages: readonly PackageFacts[]
  readonly written: readonly WrittenFile[]
}

/** The part of the list that the bundle itself tells. */
export type Contents = Pick<Shipped, 'modules' | 'assets'>

/**
 * What is asked about a module's source: the file its styles went to, if that is known, a style
 * sheet's bytes and imports, a script's notices.
 */
export interface Sources {
  readonly sheetOf: (id: string) => string | undefined
  readonly size: (id: string) => number
  readonly imported: (id: string) => readonly string[]
  readonly notices: (id: string) => readonly string[]
}

type Output = Rolldown.OutputChunk | Rolldown.OutputAsset

/**
 * The modules and assets of a finished bundle; `lost` are style sheets of chunks that held nothing
 * else, which Vite takes out of the bundle before it is finished.
 */
export function contents(
  bundle: Readonly<Record<string, Output>>,
  root: string,
  sources: Sources,
  lost: readonly string[] = [],
): Contents {
  const outputs = Object.values(bundle)
  const chunks = outputs.filter((output) => output.type === 'chunk')
  const assets = outputs.filter((output) => output.type === 'asset')
  const sheets = assets.map((asset) => asset.fileName).filter((file) => file.endsWith('.css'))
  const styles = (ids: readonly string[], chunk: string) =>
    ids.flatMap((id) => sheetsOf(id, sources.sheetOf(id) ?? only(sheets) ?? chunk, root, sources))
  const found = chunks.flatMap((chunk) => {
    const ids = Object.keys(chunk.modules).filter(isStyleSheet)
    return [...scriptsOf(chunk, root, sources), ...styles(ids, chunk.fileName)]
  })
  return {
    modules: unique([...found, ...styles(lost, '')]).sort(byIdAndFile),
    assets: assets.map((asset) => described(asset, root)).sort(byFile),
  }
}

function scriptsOf(chunk: Rolldown.OutputChunk, root: string, sources: Sources): ShippedModule[] {
  return Object.entries(chunk.modules).flatMap(([id, { renderedLength: bytes }]) => {
    if (bytes === 0 || isStyleSheet(id)) return []
    const notices = sources.notices(id)
    const found = { id: relative(id, root), file: chunk.fileName, bytes }
    return [notices.length > 0 ? { ...found, notices } : found]
  })
}

/** A style sheet and those it imports: all of them are in one file. */
function sheetsOf(id: string, file: string, root: string, sources: Sources): ShippedModule[] {
  const ids = [id, ...sources.imported(id)]
  return ids.map((each) => ({ id: relative(each, root), file, bytes: sources.size(each) }))
}

function only<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined
}

function unique(modules: readonly ShippedModule[]): ShippedModule[] {
  return [...new Map(modules.map((each) => [`${each.id}\n${each.file}`, each])).values()]
}

function described(asset: Rolldown.OutputAsset, root: string): ShippedAsset {
  const sources = asset.originalFileNames.map((name) => relative(name, root))
  return { file: asset.fileName, sources: [...new Set(sources)].sort(order) }
}

function byIdAndFile(a: ShippedModule, b: ShippedModule): number {
  return order(a.id, b.id) || byFile(a, b)
}

function byFile(a: { readonly file: string }, b: { readonly file: string }): number {
  return order(a.file, b.file)
}
