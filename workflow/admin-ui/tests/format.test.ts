import { expect, it } from 'vitest'
import { counted, duration, moment } from '../src/format.ts'

it.each([
  [0, '0 s'],
  [0.9, '0 s'],
  [59, '59 s'],
  [60, '1 min'],
  [3_725, '1 h 2 min'],
  [3_605, '1 h'],
  [90_000, '1 d 1 h'],
  [-5, '0 s'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text)
})

it('leaves a text that is no moment as it is', () => {
  expect(moment('soon')).toBe('soon')
})

it.each([
  [0, '0 routes'],
  [1, '1 route'],
  [2, '2 routes'],
])('counts %d', (count, text) => {
  expect(counted(count, 'route')).toBe(text)
})
