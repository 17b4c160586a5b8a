import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Poll, type Polled } from '../src/polling/poll.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function polling(answers: (number | Error)[]) {
  const seen: Polled<number>[] = []
  let asked = 0
  const poll = new Poll<number>({
    load: () => {
      const answer = answers[Math.min(asked++, answers.length - 1)]
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? 0)
    },
    onChange: (polled) => seen.push(polled),
    everyMs: 1000,
    now: () => 42,
  })
  return { poll, seen, asked: () => asked }
}

describe('a poll', () => {
  it('asks again after each answer', async () => {
    const { poll, seen } = polling([1, 2])

    await poll.ask()
    await vi.advanceTimersByTimeAsync(1000)

    expect(seen).toEqual([
      { value: 1, error: null, at: 42 },
      { value: 2, error: null, at: 42 },
    ])
  })

  it('keeps what it knew when a question fails, and recovers', async () => {
    const gone = new Error('gone')
    const { poll, seen } = polling([1, gone, 3])

    await poll.ask()
    await vi.advanceTimersByTimeAsync(2000)

    expect(seen[1]).toEqual({ value: 1, error: gone, at: 42 })
    expect(seen[2]).toEqual({ value: 3, error: null, at: 42 })
  })

  it('never asks twice at once', async () => {
    const { poll, asked } = polling([1])

    await Promise.all([poll.ask(), poll.ask()])

    expect(asked()).toBe(1)
  })

  it('rests while it is paused, and asks at once after', async () => {
    const { poll, asked } = polling([1])
    await poll.ask()

    poll.pause(true)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked()).toBe(1)

    poll.pause(false)
    await vi.advanceTimersByTimeAsync(0)
    expect(asked()).toBe(2)
  })

  it('is silent once it is stopped', async () => {
    const { poll, seen, asked } = polling([1])
    const first = poll.ask()

    poll.stop()
    await first
    await vi.advanceTimersByTimeAsync(10_000)

    expect([seen.length, asked()]).toEqual([0, 1])
  })
})
