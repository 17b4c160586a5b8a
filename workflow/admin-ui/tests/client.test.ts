import { describe, expect, it } from 'vitest'
import { ApiError, loadOwnVersion, loadSnapshot } from '../src/api/client.ts'
import { ANSWERS, engine, SNAPSHOT } from './answers.ts'

const signal = new AbortController().signal
const statusIs = (answer: unknown) => ({ ...ANSWERS, '/api/v1/engine/status': answer })

describe('a snapshot', () => {
  it('is the three answers together', async () => {
    const { fetch, asked } = engine(ANSWERS)

    expect(await loadSnapshot(fetch, '', signal)).toEqual(SNAPSHOT)
    expect(asked.map((request) => new URL(request.url).pathname).sort()).toEqual([
      '/api/v1/engine/modules',
      '/api/v1/engine/routes',
      '/api/v1/engine/status',
    ])
    expect(asked.every((request) => !request.headers.has('authorization'))).toBe(true)
  })

  it('is asked for with the token, where there is one', async () => {
    const { fetch, asked } = engine(ANSWERS)

    await loadSnapshot(fetch, 'swordfish', signal)

    expect(asked.map((request) => request.headers.get('authorization'))).toEqual(
      Array(3).fill('Bearer swordfish'),
    )
  })

  it.each([
    [new Response('no', { status: 401 }), 'The engine asks for a token.', true],
    [new Response('no', { status: 503 }), 'The engine answered 503.', false],
    [new Response('<html>'), 'The engine answered with something that is no JSON.', false],
    [new TypeError('refused'), 'The engine can’t be reached.', false],
    [new DOMException('late', 'TimeoutError'), 'The engine does not answer.', false],
    [[], 'The engine’s answer can’t be read: status is no object.', false],
    [{ name: 'x' }, 'The engine’s answer can’t be read: version is no text.', false],
  ])('that fails says so: %s', async (answer, message, unauthorized) => {
    const { fetch } = engine(statusIs(answer))

    const error = await loadSnapshot(fetch, '', signal).catch((reason: unknown) => reason)

    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ message, unauthorized })
  })

  it.each([
    ['modules', { length: 1 }, 'modules is no list'],
    ['modules', [null], 'modules[0] is no object'],
    ['modules', [{ name: 'a', type: 'b', status: 'c', dependsOn: [1] }], 'dependsOn holds'],
    ['routes', [{ method: 'GET', path: '/', handler: 'h', pipeline: 7 }], 'pipeline is no text'],
  ])('with malformed %s is refused', async (endpoint, answer, message) => {
    const { fetch } = engine({ ...ANSWERS, [`/api/v1/engine/${endpoint}`]: answer })

    await expect(loadSnapshot(fetch, '', signal)).rejects.toThrow(message)
  })
})

describe('the version of the page', () => {
  it('is read from beside it', async () => {
    const { fetch } = engine({ './version.json': { version: '1.4.2-rc.1' } })

    expect(await loadOwnVersion(fetch)).toBe('1.4.2-rc.1')
  })

  it.each([new Response('', { status: 404 }), new Response('<html>'), { version: 3 }])(
    'is unknown otherwise',
    async (answer) => {
      expect(await loadOwnVersion(engine({ './version.json': answer }).fetch)).toBeNull()
    },
  )
})
