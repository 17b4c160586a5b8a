import { describe, expect, it } from 'vitest'
import { foldersOf, licencesText, requireKnown } from '../vite/licences.ts'
import { relative } from '../vite/ids.ts'
import { contents, type Contents } from '../vite/shipped.ts'

type Bundle = Parameters<typeof contents>[0]

const ROOT = '/somewhere/ui'

/** What a bundler hands over, as far as the list reads it. */
function bundle(modules: Record<string, number>, css: string[] = ['assets/a.css']): Bundle {
  const entries = Object.entries(modules).map(([id, renderedLength]) => [id, { renderedLength }])
  return {
    'assets/a.js': {
      type: 'chunk',
      fileName: 'assets/a.js',
      modules: Object.fromEntries(entries),
    },
    ...Object.fromEntries(
      css.map((file) => [file, { type: 'asset', fileName: file, originalFileNames: [] }]),
    ),
    'index.html': { type: 'asset', fileName: 'index.html', originalFileNames: ['index.html'] },
    'assets/b.woff2': {
      type: 'asset',
      fileName: 'assets/b.woff2',
      originalFileNames: ['node_modules/@font/b/b.woff2'],
    },
  } as unknown as Bundle
}

const list = (modules: Record<string, number>, css?: string[]) =>
  contents(bundle(modules, css), ROOT, {
    sheetOf: () => undefined,
    size: () => 7,
    imported: (id) => (id.endsWith('/all.css') ? [`${ROOT}/node_modules/b/b.css`] : []),
    notices: (id) => (id.endsWith('/bundled.js') ? ['Other v1.0'] : []),
  })

describe('what ships', () => {
  it('is what left something in a chunk, and every style sheet', () => {
    const found = list({
      [`${ROOT}/src/main.tsx`]: 10,
      [`${ROOT}/src/types.ts`]: 0,
      [`${ROOT}/src/styles.css`]: 0,
      [`${ROOT}/node_modules/react/index.js?commonjs-es-import`]: 20,
      '\0rolldown/runtime.js': 5,
    })

    expect(found.modules).toEqual([
      { id: '\0rolldown/runtime.js', file: 'assets/a.js', bytes: 5 },
      { id: 'node_modules/react/index.js', file: 'assets/a.js', bytes: 20 },
      { id: 'src/main.tsx', file: 'assets/a.js', bytes: 10 },
      { id: 'src/styles.css', file: 'assets/a.css', bytes: 7 },
    ])
  })

  it('says where code of others was bundled before', () => {
    expect(list({ [`${ROOT}/node_modules/a/bundled.js`]: 1 }).modules).toEqual([
      { id: 'node_modules/a/bundled.js', file: 'assets/a.js', bytes: 1, notices: ['Other v1.0'] },
    ])
  })

  it('is every copied file with its sources', () => {
    expect(list({}, []).assets).toEqual([
      { file: 'assets/b.woff2', sources: ['node_modules/@font/b/b.woff2'] },
      { file: 'index.html', sources: ['index.html'] },
    ])
  })

  it('does not depend on the order in which the bundler tells it', () => {
    const ids = [`${ROOT}/src/b.ts`, `${ROOT}/src/a.ts`, `${ROOT}/src/B.ts`]
    const one = list(Object.fromEntries(ids.map((id) => [id, 1])))
    const other = list(Object.fromEntries(ids.reverse().map((id) => [id, 1])))

    expect(JSON.stringify(one)).toBe(JSON.stringify(other))
  })

  it('names the chunk where a style sheet could be in several files', () => {
    expect(list({ [`${ROOT}/a.css`]: 0 }, []).modules[0]?.file).toBe('assets/a.js')
  })

  it('holds what a style sheet imports, in the same file, once', () => {
    expect(list({ [`${ROOT}/all.css`]: 0, [`${ROOT}/node_modules/b/b.css`]: 0 }).modules).toEqual([
      { id: 'all.css', file: 'assets/a.css', bytes: 7 },
      { id: 'node_modules/b/b.css', file: 'assets/a.css', bytes: 7 },
    ])
  })

  it('holds style sheets of chunks that are no more, and the styles of components', () => {
    const sources = { sheetOf: () => 'b.css', size: () => 7, imported: () => [], notices: () => [] }
    const component = `${ROOT}/src/App.vue?vue&type=style&index=0&lang.css`
    const found = contents(bundle({ [component]: 0 }), ROOT, sources, [`${ROOT}/lost.css`])

    expect(found.modules).toEqual([
      { id: 'lost.css', file: 'b.css', bytes: 7 },
      { id: 'src/App.vue', file: 'b.css', bytes: 7 },
    ])
  })

  it('keeps the names that plugins give their own modules', () => {
    expect(relative('\0/plugin-vue/export-helper', ROOT)).toBe('\0plugin-vue/export-helper')
    expect(relative(`\0${ROOT}/node_modules/a/x.js?commonjs-module`, ROOT)).toBe(
      '\0node_modules/a/x.js',
    )
  })

  it.each(['/elsewhere/a.js', `${ROOT}/../a.js`, 'C:/a.js', `${ROOT}-2/a.js`])(
    'is never outside the project: %s',
    (id) => {
      expect(() => relative(id, ROOT)).toThrow('is outside the project’s folder')
    },
  )
})

describe('the packages of what ships', () => {
  const of = (...ids: string[]): Contents => ({
    modules: ids.map((id) => ({ id, file: 'a.js', bytes: 1 })),
    assets: [{ file: 'b.woff2', sources: ['node_modules/@font/b/b.woff2'] }],
  })

  it('are told by folder, scoped and nested ones too', () => {
    const ids = ['src/a.ts', 'node_modules/a/x.js', 'node_modules/a/node_modules/@s/b/x.js']

    expect(foldersOf(of(...ids))).toEqual([
      'node_modules/@font/b',
      'node_modules/a',
      'node_modules/a/node_modules/@s/b',
    ])
  })

  it('hold the one whose runtime the bundler put in', () => {
    expect(foldersOf(of('\0vite/preload-helper.js'))).toContain('node_modules/vite')
  })

  it('are never guessed', () => {
    expect(foldersOf(of('\0surprise.js'))).toEqual(['node_modules/@font/b'])
    expect(() => requireKnown(of('\0surprise.js'))).toThrow('its package is unknown')
    expect(() => requireKnown(of('\0vite/preload-helper.js'))).not.toThrow()
  })

  it('have their licences in one text, whatever the line ends were', () => {
    const facts = { path: 'node_modules/a', name: 'a', version: '1.0.0', licence: 'MIT' }
    const text = licencesText('workflow-admin-ui (MIT)', 'Ours\n', [
      { facts, licenceText: 'Theirs\r\nall\r\n' },
    ])

    expect(text).toBe(
      `workflow-admin-ui (MIT)\n\nOurs\n\n${'-'.repeat(80)}\n\na 1.0.0 (MIT)\n\nTheirs\nall`,
    )
  })

  it('are refused without one', () => {
    const facts = { path: 'node_modules/a', name: 'a', version: '1.0.0' }

    expect(() => licencesText('Ours', '', [{ facts, licenceText: 'x' }])).toThrow('a ships, but')
    expect(() =>
      licencesText('Ours', '', [{ facts: { ...facts, licence: 'MIT' }, licenceText: null }]),
    ).toThrow('holds no licence or no text of it')
  })
})
