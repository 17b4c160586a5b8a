import { useSyncExternalStore } from 'react'
import { pageOf, type PageId } from './index.ts'

function subscribe(changed: () => void): () => void {
  window.addEventListener('hashchange', changed)
  return () => window.removeEventListener('hashchange', changed)
}

/** The page that the address bar names. */
export function usePage(): PageId {
  return useSyncExternalStore(subscribe, () => pageOf(window.location.hash))
}
