/** The ids by which a bundler names modules, as paths, and their order. */

/** An id relative to the root, with `/` and without a query; it must not leave the root. */
export function relative(id: string, root: string): string {
  const virtual = id.startsWith('\0')
  const path = withoutQuery(virtual ? id.slice(1) : id).replaceAll('\\', '/')
  const prefix = `${root.replaceAll('\\', '/').replace(/\/$/, '')}/`
  const inside = path.startsWith(prefix) ? path.slice(prefix.length) : path
  // A plugin may call its own module by what looks like a path: `\0/plugin-vue/export-helper`.
  if (virtual && !inside.includes('..')) return `\0${inside.replace(/^\/+/, '')}`
  if (/^([A-Za-z]:)?\//.test(inside) || inside.split('/').includes('..')) {
    throw new Error(`${id} ships, but is outside the project’s folder; install it inside`)
  }
  return inside
}

/** The path of a module’s id. */
export function withoutQuery(id: string): string {
  return id.replace(/[?#].*$/, '')
}

/** By code units: the same everywhere, whatever the locale. */
export function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
