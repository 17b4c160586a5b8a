/** Writes, with every build, what ships: `build/modules.json` and `dist/LICENSES.txt`. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Plugin } from 'vite'
import { foldersOf, licencesText, type Licensed } from './licences.ts'
import { order, shipped, withoutQuery } from './shipped.ts'

/** `list` is relative to Vite's root, and outside the output folder: it does not ship itself. */
export function whatShips(list: string): Plugin {
  let root = ''
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
        const found = shipped(bundle, root, (id) => statSync(withoutQuery(id)).size)
        const packages = foldersOf(found).map((folder) => licensed(join(root, folder)))
        const own = readFileSync(join(root, 'LICENSE'), 'utf8')
        const source = `${licencesText(own, packages)}\n`
        this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source })
        const assets = [...found.assets, { file: 'LICENSES.txt', sources: ['LICENSE'] }]
        write(join(root, list), { ...found, assets: assets.sort((a, b) => order(a.file, b.file)) })
      },
    },
  }
}

function write(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)
}

function licensed(path: string): Licensed {
  const { name, version, license } = manifest(path)
  const file = readdirSync(path).sort().find((each) => /^licen[cs]e(\.(md|txt))?$/i.test(each))
  if (file === undefined) throw new Error(`${name} ships, but its package holds no licence text`)
  return { name, version, licence: license, text: readFileSync(join(path, file), 'utf8') }
}

function manifest(path: string): { name: string; version: string; license: string } {
  const value: unknown = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  const { name, version, license } = value as Record<string, unknown>
  if (typeof name !== 'string' || typeof version !== 'string' || typeof license !== 'string') {
    throw new Error(`${path}/package.json lacks a name, version or licence`)
  }
  return { name, version, license }
}
