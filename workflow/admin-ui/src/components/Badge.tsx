const GOOD = new Set(['running', 'started', 'healthy', 'ok', 'ready'])
const BAD = new Set(['failed', 'error', 'unhealthy', 'stopped', 'down'])

/** A state in a word. The colour repeats what the word says; it never says it alone. */
export function Badge({ state }: { state: string }) {
  const key = state.toLowerCase()
  const tone = GOOD.has(key) ? 'good' : BAD.has(key) ? 'bad' : 'plain'
  return <span className={`badge badge-${tone}`}>{state}</span>
}
