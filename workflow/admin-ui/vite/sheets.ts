/**
 * Style sheets, and those they import. Vite puts `@import`ed sheets in before the bundler sees
 * them, so they are in no chunk; they are found as Vite finds them, by the text of the importing one.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { withoutQuery } from './ids.ts'

const SHEET = /\.(css|less|sass|scss|styl)$/
const PART = /[?&](lang\.(css|less|sass|scss|styl)|type=style)\b/
const COMMENT = /\/\*[\s\S]*?\*\//g
const IMPORT = /@(?:import|use|forward)\s+(?:\([^)]*\)\s*)?(?:url\(\s*)?["']?([^"'()\s;]+)/g
const ENDINGS = ['', '.css', '.scss', '.sass', '.less', '/index.css', '/_index.scss', '/index.scss']

/** Whether a module is a style sheet, or the styles of a component. */
export function isStyleSheet(id: string): boolean {
  return !id.startsWith('\0') && (SHEET.test(withoutQuery(id)) || PART.test(id))
}

/** The files that a sheet imports, directly or not; what can't be found is named with a NUL. */
export function importedBy(id: string): string[] {
  const found = new Set<string>()
  const waiting = [withoutQuery(id)]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const target of importsIn(readFileSync(path, 'utf8'))) {
      const file = resolved(target, dirname(path))
      if (file !== null && found.has(file)) continue
      found.add(file ?? `\0unknown-import:${target}`)
      if (file !== null) waiting.push(file)
    }
  }
  return [...found]
}

/** What a sheet’s text imports; addresses on the network are not part of what ships. */
export function importsIn(code: string): string[] {
  const plain = code.replaceAll(COMMENT, '')
  const targets = [...plain.matchAll(IMPORT)].map((match) => match[1] ?? '')
  return targets.filter((target) => !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target))
}

function resolved(target: string, folder: string): string | null {
  const path = target.replace(/^~/, '').replace(/[?#].*$/, '')
  const beside = fileAt(join(folder, path))
  if (beside !== null || path.startsWith('.')) return beside
  for (let at = folder; ; at = dirname(at)) {
    const place = join(at, 'node_modules', path)
    const file = fileAt(place) ?? styleOf(place)
    if (file !== null || at === dirname(at)) return file
  }
}

function fileAt(path: string): string | null {
  const partial = join(dirname(path), `_${path.slice(dirname(path).length + 1)}`)
  const candidates = [path, partial].flatMap((start) => ENDINGS.map((end) => `${start}${end}`))
  return candidates.find((each) => existsSync(each) && statSync(each).isFile()) ?? null
}

/** The sheet that a package is called for by its bare name. */
function styleOf(folder: string): string | null {
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest)) return null
  const table = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>
  const entry = (table['exports'] as Record<string, unknown> | undefined)?.['.']
  const style = (entry as Record<string, unknown> | undefined)?.['style'] ?? table['style']
  const main = style ?? table['main']
  return typeof main === 'string' && SHEET.test(main) ? fileAt(join(folder, main)) : null
}
