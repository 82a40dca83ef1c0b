import { describe, expect, it } from 'vitest'
import { limits } from '../../shared/limits.ts'
import { createSingleFlight } from '../../shared/single-flight.ts'
import { createFakeClock, deferred } from '../support/fake-clock.ts'

const patienceMs = 5_000
const always = () => true
const ignore = () => undefined

function setUp(lingers = false) {
  const clock = createFakeClock()
  const flights = createSingleFlight<number, string>({ clock, patienceMs, lingers: () => lingers })
  let runs = 0
  const share = (run: () => Promise<string>, isAcceptable: (terms: number) => boolean = always) =>
    flights.share(
      'key',
      runs,
      isAcceptable,
      () => {
        runs += 1
        return run()
      },
      ignore,
    )
  return { clock, share, runs: () => runs }
}

describe('calls for one key at the same time', () => {
  it('are one call, whose outcome all share', async () => {
    const { share, runs } = setUp()
    const { promise, resolve } = deferred<string>()
    const all = [share(() => promise), share(() => promise), share(() => promise)]
    resolve('value')
    expect((await Promise.all(all)).map(({ value, hasLed }) => [value, hasLed])).toEqual([
      ['value', true],
      ['value', false],
      ['value', false],
    ])
    expect(runs()).toBe(1)
  })

  it('are two if the terms of the one in flight are not acceptable', async () => {
    const { share, runs } = setUp()
    const { promise, resolve } = deferred<string>()
    const first = share(() => promise)
    expect(
      await share(
        async () => 'own',
        (terms) => terms > 0,
      ),
    ).toEqual({ value: 'own', hasLed: true })
    resolve('first')
    expect((await first).value).toBe('first')
    expect(runs()).toBe(2)
  })

  it('do not wait forever for a leader that never settles', async () => {
    const { share, clock } = setUp()
    void share(() => new Promise(() => undefined))
    const follower = share(async () => 'own')
    await clock.advance(patienceMs)
    expect(await follower).toEqual({ value: 'own', hasLed: true })
  })

  it('run their own if the leader failed', async () => {
    const { share } = setUp()
    const { promise, reject } = deferred<string>()
    const leader = share(() => promise)
    const follower = share(async () => 'own')
    reject(new Error('the leader failed'))
    await expect(leader).rejects.toThrow('the leader failed')
    expect(await follower).toEqual({ value: 'own', hasLed: true })
  })
})

describe('a call just after another has landed', () => {
  it('shares its result while that lingers', async () => {
    const { share, clock, runs } = setUp(true)
    await share(async () => 'first')
    await clock.advance(limits.flightLingerMs - 1)
    expect(await share(async () => 'second')).toEqual({ value: 'first', hasLed: false })
    await clock.advance(1)
    expect((await share(async () => 'third')).value).toBe('third')
    expect(runs()).toBe(2)
  })

  it('runs its own if the terms of the lingering result are not acceptable', async () => {
    const { share } = setUp(true)
    await share(async () => 'first')
    expect(
      (
        await share(
          async () => 'second',
          () => false,
        )
      ).value,
    ).toBe('second')
  })

  it('runs its own if no result lingers', async () => {
    const { share } = setUp(false)
    await share(async () => 'first')
    expect((await share(async () => 'second')).value).toBe('second')
  })
})
