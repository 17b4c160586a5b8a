import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { ApiError, type Snapshot } from '../src/api/client.ts'
import { matching } from '../src/components/FilteredTable.tsx'
import { pageOf, type PageId } from '../src/pages/index.ts'
import { UNKNOWN, type Polled } from '../src/polling/poll.ts'
import { View } from '../src/View.tsx'
import { SNAPSHOT } from './answers.ts'

const KNOWN: Polled<Snapshot> = { value: SNAPSHOT, error: null, at: 0 }

function shown(page: PageId, polled: Polled<Snapshot>, ownVersion: string | null = null): string {
  const nothing = () => undefined
  return renderToStaticMarkup(
    <View
      page={page}
      polled={polled}
      ownVersion={ownVersion}
      refreshing
      onRefresh={nothing}
      onRefreshing={nothing}
      onToken={nothing}
    />,
  )
}

describe('the view', () => {
  it('shows the status', () => {
    const html = shown('status', KNOWN)

    expect(html).toContain('<p class="brand">orders</p>')
    expect(html).toContain('<span class="badge badge-good">running</span>')
    expect(html).toContain('<dd>1.4.2</dd>')
    expect(html).toContain('<dd>1 d 2 h</dd>')
    expect(html).toContain('<a href="#/modules"><strong>2</strong> modules</a>')
    expect(html).toContain('<span><strong>1</strong> pipeline</span>')
  })

  it('shows the modules', () => {
    const html = shown('modules', KNOWN)

    expect(html).toContain('<h1>Modules</h1>')
    expect(html).toContain('<code>router</code>')
    expect(html).toContain('<span class="badge badge-bad">failed</span>')
    expect(html).toContain('2 modules')
  })

  it('shows the routes', () => {
    const html = shown('routes', KNOWN)

    expect(html).toContain('<span class="method">POST</span>')
    expect(html).toContain('<code>/orders</code>')
    expect(html).toContain('<code>order</code>')
    expect(html).toContain('<code>auth</code>')
    expect(html).toContain('aria-current="page">Routes</a>')
  })

  it('says that it is asking', () => {
    const html = shown('status', UNKNOWN)

    expect(html).toContain('aria-busy="true"')
    expect(html).toContain('Asking the engine…')
  })

  it('says why there is nothing', () => {
    const html = shown('status', { ...UNKNOWN, error: new ApiError('The engine answered 503.') })

    expect(html).toContain('role="alert">The engine answered 503. <button')
    expect(html).not.toContain('What follows is older')
  })

  it('keeps what it knew, and says that it is older', () => {
    const html = shown('modules', { ...KNOWN, error: new ApiError('The engine can’t be reached.') })

    expect(html).toContain('What follows is older.')
    expect(html).toContain('<code>router</code>')
  })

  it('asks for a token and shows nothing else', () => {
    const html = shown('modules', { ...KNOWN, error: new ApiError('A token.', true) })

    expect(html).toContain('type="password"')
    expect(html).not.toContain('<code>router</code>')
  })

  it('says that there is nothing to show', () => {
    const empty = { ...SNAPSHOT, routes: [] }

    expect(shown('routes', { ...KNOWN, value: empty })).toContain('This engine has no routes.')
  })

  it('shows its own version in the footer', () => {
    expect(shown('status', KNOWN, '1.4.2')).toContain('<footer>Admin UI 1.4.2</footer>')
    expect(shown('status', KNOWN)).toContain('<footer>Admin UI development build</footer>')
  })

  it('shows names from the configuration as text, never as markup', () => {
    const name = '<img src=x onerror=alert(1)>'
    const value = { ...SNAPSHOT, modules: [{ ...SNAPSHOT.modules[0]!, name }] }

    expect(shown('modules', { ...KNOWN, value })).toContain('&lt;img src=x onerror=alert(1)&gt;')
  })
})

describe('the filter', () => {
  it('wants every word, anywhere, in any case', () => {
    const rows = ['GET /orders intake', 'POST /orders intake', 'GET /healthz health']
    const found = (filter: string) => matching(rows, (row) => row, filter)

    expect(found('ORDERS get')).toEqual(['GET /orders intake'])
    expect(found('  ')).toEqual(rows)
    expect(found('absent')).toEqual([])
  })
})

describe('an address', () => {
  it.each([
    ['#/routes', 'routes'],
    ['#modules', 'modules'],
    ['', 'status'],
    ['#/../x', 'status'],
  ])('%s names the page %s', (hash, page) => {
    expect(pageOf(hash)).toBe(page)
  })
})
