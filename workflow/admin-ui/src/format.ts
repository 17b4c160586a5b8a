const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** A span in its two largest units: `3 d 4 h`, `12 s`. */
export function duration(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds))
  const parts: string[] = []
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ') || '0 s'
}

/** A moment in the reader's own zone and language; the text as it came when it is none. */
export function moment(rfc3339: string): string {
  const at = new Date(rfc3339)
  return Number.isNaN(at.getTime())
    ? rfc3339
    : at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
}

export function clock(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString()
}

/** `1 module`, `2 modules`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
