/**
 * What of the installed packages really ships. A lock lists what may be used; the bundler knows
 * what left something in a file: a module whose rendered length is above zero, a style sheet, or
 * a file that was copied.
 */
import type { Rolldown } from 'vite'

/** A module that left something in a chunk; `bytes` are what it takes there before minification. */
export interface ShippedModule {
  readonly id: string
  readonly file: string
  readonly bytes: number
}

/** A file that is no chunk, and what it was made from. */
export interface ShippedAsset {
  readonly file: string
  readonly sources: readonly string[]
}

/** `build/modules.json`; sbom/README.md lays the format down. */
export interface Shipped {
  readonly format: 1
  readonly modules: readonly ShippedModule[]
  readonly assets: readonly ShippedAsset[]
}

type Output = Rolldown.OutputChunk | Rolldown.OutputAsset

/** The list of a finished bundle; `sizeOf` gives the bytes of a style sheet's source. */
export function shipped(
  bundle: Readonly<Record<string, Output>>,
  root: string,
  sizeOf: (id: string) => number,
): Shipped {
  const outputs = Object.values(bundle)
  const chunks = outputs.filter((output) => output.type === 'chunk')
  const assets = outputs.filter((output) => output.type === 'asset')
  return {
    format: 1,
    modules: chunks.flatMap((chunk) => modulesOf(chunk, root, sizeOf)).sort(byIdAndFile),
    assets: assets.map((asset) => described(asset, root)).sort((a, b) => order(a.file, b.file)),
  }
}

function modulesOf(
  chunk: Rolldown.OutputChunk,
  root: string,
  sizeOf: (id: string) => number,
): ShippedModule[] {
  const sheets = [...(metadataOf(chunk)?.importedCss ?? [])]
  return Object.entries(chunk.modules).flatMap(([id, module]) => {
    if (isStyleSheet(id)) {
      const file = sheets.length === 1 ? (sheets[0] ?? chunk.fileName) : chunk.fileName
      return [{ id: relative(id, root), file, bytes: sizeOf(id) }]
    }
    const bytes = module.renderedLength
    return bytes > 0 ? [{ id: relative(id, root), file: chunk.fileName, bytes }] : []
  })
}

function metadataOf(chunk: Rolldown.OutputChunk): { importedCss?: Set<string> } | undefined {
  return (chunk as { viteMetadata?: { importedCss?: Set<string> } }).viteMetadata
}

function described(asset: Rolldown.OutputAsset, root: string): ShippedAsset {
  const sources = asset.originalFileNames.map((name) => relative(name, root))
  return { file: asset.fileName, sources: [...new Set(sources)].sort(order) }
}

function isStyleSheet(id: string): boolean {
  return !id.startsWith('\0') && /\.(css|less|sass|scss|styl)$/.test(withoutQuery(id))
}

/** An id relative to the root, with `/` and without a query; it must not leave the root. */
export function relative(id: string, root: string): string {
  if (id.startsWith('\0')) return `\0${relative(id.slice(1), root)}`
  const path = withoutQuery(id).replaceAll('\\', '/')
  const prefix = `${root.replaceAll('\\', '/').replace(/\/$/, '')}/`
  const inside = path.startsWith(prefix) ? path.slice(prefix.length) : path
  if (/^([A-Za-z]:)?\//.test(inside) || inside.split('/').includes('..')) {
    throw new Error(`${id} ships, but is outside the project’s folder; install it inside`)
  }
  return inside
}

/** The path of a module’s id. */
export function withoutQuery(id: string): string {
  return id.replace(/[?#].*$/, '')
}

function byIdAndFile(a: ShippedModule, b: ShippedModule): number {
  return order(a.id, b.id) || order(a.file, b.file)
}

/** By code units: the same everywhere, whatever the locale. */
export function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
