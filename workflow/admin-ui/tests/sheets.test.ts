import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importedBy, importsIn, isStyleSheet } from '../vite/sheets.ts'

/** Files in a folder of their own; the path of the first. */
function sheets(files: Record<string, string>): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'sheets-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return (name) => join(folder, name)
}

describe('a style sheet', () => {
  it.each([
    ['/a/b.css', true],
    ['/a/b.scss?used', true],
    ['/a/App.vue?vue&type=style&index=0&lang.css', true],
    ['/a/css-tag.js', false],
    ['\0x.css', false],
  ])('is told by its id: %s', (id, is) => {
    expect(isStyleSheet(id)).toBe(is)
  })

  it('imports what its text says, but for comments and the network', () => {
    const text = `
      @import 'a.css'; @import url("b.css") screen; @import url(c.css);
      /* @import 'd.css'; */ @import 'https://example.org/e.css'; @import '//example.org/f.css';
      @use "sass:math"; @use 'g'; @import (reference) "h";
    `
    expect(importsIn(text)).toEqual(['a.css', 'b.css', 'c.css', 'g', 'h'])
  })

  it('holds all that is imported, in circles or not', () => {
    const at = sheets({
      'src/main.css': "@import './one'; @import 'two/two.css'; @import 'three'; @import 'gone';",
      'src/one.css': "@import './main.css';",
      'node_modules/two/two.css': "@import '~four';",
      'node_modules/three/package.json': '{"style": "dist/three.css"}',
      'node_modules/three/dist/three.css': '',
      'node_modules/four/package.json': '{"exports": {".": {"style": "./index.css"}}}',
      'node_modules/four/index.css': '',
      'node_modules/gone/package.json': '{"main": "index.js"}',
    })

    expect(importedBy(at('src/main.css')).sort()).toEqual(
      [
        '\0unknown-import:gone',
        at('node_modules/four/index.css'),
        at('node_modules/three/dist/three.css'),
        at('node_modules/two/two.css'),
        at('src/main.css'),
        at('src/one.css'),
      ].sort(),
    )
  })
})
