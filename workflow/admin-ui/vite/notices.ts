/**
 * Licence comments that name another package than the one they are in. Many packages hold code of
 * others, bundled before they were published; no lock knows of it, but such comments stay.
 */

const COMMENT = /\/\*[\s\S]*?\*\//g
const LEGAL = /^\/\*!|@license\b|@preserve\b|@copyright\b/
const NAMED = /@license\s+(?<one>@?[\w][\w@/.-]*)|^[\s/*!]*(?<other>@?[\w][\w@/.-]*)\s+v?\d+\.\d+/im
const WORDS = new Set(['copyright', 'the', 'this', 'mit', 'bsd', 'apache', 'license', 'licensed'])
const LONGEST = 120

/** Each such comment’s naming line, once, sorted; `own` is the name of the package it is in. */
export function noticesIn(code: string, own: string): string[] {
  const found = (code.match(COMMENT) ?? []).flatMap((comment) => {
    const match = LEGAL.test(comment) ? NAMED.exec(comment) : null
    const name = match?.groups?.['one'] ?? match?.groups?.['other']
    if (match === null || name === undefined || !isForeign(name, comment, own)) return []
    return [lineAt(comment, match.index + match[0].indexOf(name))]
  })
  return [...new Set(found)].sort()
}

/** Packages of one family name each other; a comment that names its own package is its own. */
function isForeign(name: string, comment: string, own: string): boolean {
  if (WORDS.has(name.toLowerCase())) return false
  const text = comment.toLowerCase()
  const words = own.toLowerCase().split(/[^a-z0-9]+/)
  return !words.some((word) => word.length > 2 && text.includes(word))
}

function lineAt(comment: string, at: number): string {
  const line = comment.slice(at).split('\n', 1)[0] ?? ''
  return line.replace(/\*\/$/, '').trim().slice(0, LONGEST)
}
