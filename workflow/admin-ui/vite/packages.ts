/** What an installed package says of itself, as far as it says it in a form that is understood. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { order } from './ids.ts'

/** An author as npm lets one be named. */
export interface Person {
  readonly name?: string
  readonly email?: string
  readonly url?: string
}

/** The facts of a package that ships; `path` is its folder, relative to the root. */
export interface PackageFacts {
  readonly path: string
  readonly name: string
  readonly version: string
  readonly licence?: string
  readonly description?: string
  readonly author?: Person
  readonly homepage?: string
  readonly repository?: string
  readonly issues?: string
  readonly copyright?: readonly string[]
}

/** A package's facts, and the text of its licence if there is one. */
export interface Installed {
  readonly facts: PackageFacts
  readonly licenceText: string | null
}

type Table = Readonly<Record<string, unknown>>

/** Read the package in a folder below the root. */
export function installed(root: string, path: string): Installed {
  const folder = join(root, path)
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const licenceText = licenceIn(folder)
  return { facts: factsOf(path, manifest as Table, licenceText ?? ''), licenceText }
}

function licenceIn(folder: string): string | null {
  const names = readdirSync(folder).sort(order)
  const file = names.find((each) => /^(un)?licen[cs]e([.-].*)?$|^copying$/i.test(each))
  return file === undefined ? null : readFileSync(join(folder, file), 'utf8')
}

/** The facts in a `package.json` and a licence’s text; what is not there is left out. */
export function factsOf(path: string, manifest: Table, licenceText: string): PackageFacts {
  const { name, version } = manifest
  if (typeof name !== 'string' || typeof version !== 'string') {
    throw new Error(`${path}/package.json lacks a name or version`)
  }
  const copyright = copyrightIn(licenceText)
  return {
    path,
    name,
    version,
    ...present('licence', licenceOf(manifest)),
    ...present('description', text(manifest['description'])),
    ...present('author', personOf(manifest['author'])),
    ...present('homepage', text(manifest['homepage'])),
    ...present('repository', text(manifest['repository']) ?? urlOf(manifest['repository'])),
    ...present('issues', text(manifest['bugs']) ?? urlOf(manifest['bugs'])),
    ...(copyright.length > 0 ? { copyright } : {}),
  }
}

function present<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]?: V })
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

function table(value: unknown): Table | undefined {
  return typeof value === 'object' && value !== null ? (value as Table) : undefined
}

function urlOf(value: unknown): string | undefined {
  return text(table(value)?.['url'])
}

/** Today’s form, or the two that npm took before. */
function licenceOf(manifest: Table): string | undefined {
  const { license, licenses } = manifest
  if (Array.isArray(licenses) && license === undefined) {
    const types = licenses.map((each) => text(table(each)?.['type']))
    return types.length === 1 ? types[0] : undefined
  }
  return text(license) ?? text(table(license)?.['type'])
}

/** `Name <address> (page)`, or the same in a table. */
export function personOf(value: unknown): Person | undefined {
  const given = text(value)
  const found =
    given === undefined
      ? table(value)
      : /^(?<name>[^<(]*)(<(?<email>[^>]*)>)?\s*(\((?<url>[^)]*)\))?/.exec(given)?.groups
  const person = {
    ...present('name', text(found?.['name'])),
    ...present('email', text(found?.['email'])),
    ...present('url', text(found?.['url'])),
  }
  return Object.keys(person).length > 0 ? person : undefined
}

/** The lines of a licence that say whose it is, not those that speak of copyright in general. */
export function copyrightIn(licence: string): string[] {
  const lines = licence.split(/\r?\n/).map((line) => line.trim())
  const said = /^\W*(copyright\b.*(\(c\)|©|\d{4})|(\(c\)|©)\s*(copyright\s*)?\d{4})/i
  const template = /\[yyyy\]|\{yyyy\}|<year>/i
  return [...new Set(lines.filter((line) => said.test(line) && !template.test(line)))]
}
