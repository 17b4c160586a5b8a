/** What is known of something that is asked for again and again. */
export interface Polled<T> {
  /** The newest answer; it stays when a later question fails. */
  readonly value: T | null
  /** Why the newest question failed; null when it did not. */
  readonly error: Error | null
  /** When `value` arrived, in milliseconds since the epoch. */
  readonly at: number | null
}

export const UNKNOWN: Polled<never> = { value: null, error: null, at: null }

export interface PollOptions<T> {
  readonly load: (signal: AbortSignal) => Promise<T>
  readonly onChange: (polled: Polled<T>) => void
  readonly everyMs: number
  readonly now: () => number
}

/** Asks now and `everyMs` after each answer, never twice at once. `stop` ends it for good. */
export class Poll<T> {
  private polled: Polled<T> = UNKNOWN
  private timer: ReturnType<typeof setTimeout> | undefined
  private asking: AbortController | null = null
  private paused = false
  private stopped = false
  private readonly options: PollOptions<T>

  constructor(options: PollOptions<T>) {
    this.options = options
  }

  /** Ask at once, unless a question is under way. */
  async ask(): Promise<void> {
    if (this.asking !== null || this.stopped) return
    clearTimeout(this.timer)
    this.asking = new AbortController()
    const next = await this.outcome(this.asking.signal)
    this.asking = null
    if (this.stopped) return
    this.polled = next
    this.options.onChange(next)
    this.schedule()
  }

  pause(paused: boolean): void {
    if (paused === this.paused) return
    this.paused = paused
    clearTimeout(this.timer)
    if (!paused) void this.ask()
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
    this.asking?.abort()
  }

  private async outcome(signal: AbortSignal): Promise<Polled<T>> {
    try {
      return { value: await this.options.load(signal), error: null, at: this.options.now() }
    } catch (error) {
      return { ...this.polled, error: error instanceof Error ? error : new Error(String(error)) }
    }
  }

  private schedule(): void {
    if (!this.paused) this.timer = setTimeout(() => void this.ask(), this.options.everyMs)
  }
}
