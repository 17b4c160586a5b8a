/** The pages and their addresses. Behind `#`, so that the page works under any prefix. */
export const PAGES = [
  { id: 'status', label: 'Status' },
  { id: 'modules', label: 'Modules' },
  { id: 'routes', label: 'Routes' },
] as const

export type PageId = (typeof PAGES)[number]['id']

/** The page an address names; the first one for anything unknown. */
export function pageOf(hash: string): PageId {
  const id = hash.replace(/^#\/?/, '')
  return PAGES.find((page) => page.id === id)?.id ?? PAGES[0].id
}

export function addressOf(page: PageId): string {
  return `#/${page}`
}

export function titleOf(page: PageId): string {
  return PAGES.find((each) => each.id === page)?.label ?? page
}
