import { useCallback, useEffect, useState } from 'react'
import { loadOwnVersion, loadSnapshot, type Fetch } from './api/client.ts'
import { titleOf } from './pages/index.ts'
import { usePage } from './pages/usePage.ts'
import { usePoll } from './polling/usePoll.ts'
import { View } from './View.tsx'

const EVERY_MS = 5_000
const TOKEN_KEY = 'workflow-admin-token'

const browserFetch: Fetch = (url, init) => fetch(url, init)

/** Holds what changes over time and hands it to the view. */
export function App() {
  const page = usePage()
  const [refreshing, setRefreshing] = useState(true)
  const [token, setToken] = useState(() => sessionStorage.getItem(TOKEN_KEY) ?? '')
  const [ownVersion, setOwnVersion] = useState<string | null>(null)
  const load = useCallback(
    (signal: AbortSignal) => loadSnapshot(browserFetch, token, signal),
    [token],
  )
  const { polled, ask } = usePoll(load, EVERY_MS, !refreshing)

  useEffect(() => void loadOwnVersion(browserFetch).then(setOwnVersion), [])
  useEffect(() => {
    document.title = `${titleOf(page)} · Workflow admin`
  }, [page])

  const keepToken = useCallback((given: string) => {
    sessionStorage.setItem(TOKEN_KEY, given)
    setToken(given)
  }, [])

  return (
    <View
      page={page}
      polled={polled}
      ownVersion={ownVersion}
      refreshing={refreshing}
      onRefresh={ask}
      onRefreshing={setRefreshing}
      onToken={keepToken}
    />
  )
}
