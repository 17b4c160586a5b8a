import { describe, expect, it } from 'vitest'
import { noticesIn } from '../vite/notices.ts'
import { copyrightIn, factsOf, personOf } from '../vite/packages.ts'

const named = { name: 'a', version: '1.0.0' }
const facts = (manifest: Record<string, unknown>, licence = '') =>
  factsOf('node_modules/a', { ...named, ...manifest }, licence)

describe('the facts of a package', () => {
  it('are what its manifest and licence say', () => {
    const found = facts(
      {
        license: 'MIT',
        description: ' A thing. ',
        author: 'Ann <ann@example.org> (https://example.org)',
        homepage: 'https://example.org/a',
        repository: { type: 'git', url: 'git+https://example.org/a.git' },
        bugs: { url: 'https://example.org/a/issues' },
      },
      'MIT License\n\nCopyright (c) 2020 Ann\r\n\nThe above copyright notice shall be included',
    )

    expect(found).toEqual({
      path: 'node_modules/a',
      name: 'a',
      version: '1.0.0',
      licence: 'MIT',
      description: 'A thing.',
      author: { name: 'Ann', email: 'ann@example.org', url: 'https://example.org' },
      homepage: 'https://example.org/a',
      repository: 'git+https://example.org/a.git',
      issues: 'https://example.org/a/issues',
      copyright: ['Copyright (c) 2020 Ann'],
    })
  })

  it('are absent where it says nothing that is understood', () => {
    const odd = { license: 1, author: [], homepage: '', repository: 7, bugs: null }

    expect(facts(odd)).toEqual({ path: 'node_modules/a', ...named })
    expect(() => facts({ version: 1 })).toThrow('lacks a name or version')
  })

  it('take the licence in the forms of before', () => {
    expect(facts({ license: { type: 'ISC' } }).licence).toBe('ISC')
    expect(facts({ licenses: [{ type: 'ISC' }] }).licence).toBe('ISC')
    expect(facts({ licenses: [{ type: 'ISC' }, { type: 'MIT' }] }).licence).toBeUndefined()
  })

  it.each([
    ['Ann', { name: 'Ann' }],
    ['<ann@example.org>', { email: 'ann@example.org' }],
    [{ name: 'Ann', email: 3 }, { name: 'Ann' }],
    ['', undefined],
    [undefined, undefined],
  ])('name an author as npm does: %j', (given, found) => {
    expect(personOf(given)).toEqual(found)
  })

  it('hold the lines that claim copyright, each once', () => {
    const text = 'Copyright 2010-2023 Mike\n(c) 2020 Ann\nCopyright [yyyy] [name]\ncopyright law'

    expect(copyrightIn(`${text}\nCopyright 2010-2023 Mike`)).toEqual([
      'Copyright 2010-2023 Mike',
      '(c) 2020 Ann',
    ])
  })
})

describe('notices', () => {
  it.each([
    ['/*! Sizzle v2.3.10 | MIT */', 'jquery', ['Sizzle v2.3.10 | MIT']],
    ['/**\n * @license lodash\n */', 'chart', ['lodash']],
    ['/*!\n * @kurkle/color v0.3.4\n * (c) 2024\n */', 'chart.js', ['@kurkle/color v0.3.4']],
    ['/** @license React\n * scheduler.production.js\n */', 'scheduler', []],
    ['/*! bootstrap v5.3.0 */', 'bootstrap', []],
    ['/** @license\n * Copyright 2017 Google LLC */', 'lit-html', []],
    ['/* Sizzle v2.3.10 */', 'jquery', []],
    ['const a = 1', 'a', []],
  ])('are comments that name others: %j in %s', (code, own, found) => {
    expect(noticesIn(code, own)).toEqual(found)
  })
})
