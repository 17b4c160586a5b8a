import { useCallback, useEffect, useRef, useState } from 'react'
import { Poll, UNKNOWN, type Polled } from './poll.ts'

/** Poll while the component is there and the page is looked at. `load` must be stable. */
export function usePoll<T>(
  load: (signal: AbortSignal) => Promise<T>,
  everyMs: number,
  paused: boolean,
): { polled: Polled<T>; ask: () => void } {
  const [polled, setPolled] = useState<Polled<T>>(UNKNOWN)
  const poll = useRef<Poll<T> | null>(null)

  useEffect(() => {
    const current = new Poll<T>({ load, onChange: setPolled, everyMs, now: Date.now })
    poll.current = current
    void current.ask()
    return () => current.stop()
  }, [load, everyMs])

  useEffect(() => {
    const follow = () => poll.current?.pause(paused || document.hidden)
    follow()
    document.addEventListener('visibilitychange', follow)
    return () => document.removeEventListener('visibilitychange', follow)
  }, [load, everyMs, paused])

  const ask = useCallback(() => void poll.current?.ask(), [])
  return { polled, ask }
}
