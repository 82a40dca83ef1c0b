import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AlertChange } from '../../../../shared/contract/alerts.ts'
import { limits } from '../../../../shared/limits.ts'
import { createChangeLog } from '../../../../worker/deployment/alerts/change-log.ts'
import { createCourier } from '../../../../worker/deployment/alerts/courier.ts'
import type { TryOutcome } from '../../../../worker/deployment/alerts/webhook.ts'
import { createSqlStorage } from '../../../support/book-storage.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'

const taken: TryOutcome = { kind: 'taken', status: 200, retryAfterMs: null }
const refused: TryOutcome = { kind: 'refused', status: 500, retryAfterMs: null }

let ids = 0
function changeOf(changes: Partial<AlertChange> = {}): AlertChange {
  ids += 1
  return {
    id: `change-${ids}`,
    name: 'error_rate',
    rule: 'error_rate',
    subject: null,
    severity: 'critical',
    from: 'pending',
    to: 'firing',
    reason: 'held',
    at: '2026-11-21T00:00:00.000Z',
    value: 0.1,
    threshold: 0.05,
    unit: 'ratio',
    ...changes,
  }
}

/** A desk's queue with a receiver that answers as the test says. `restart` ends the object and begins a new one. */
function createRoom(answer: (change: AlertChange, count: number) => TryOutcome | Promise<TryOutcome>) {
  const clock = createFakeClock()
  const storage = createSqlStorage(new DatabaseSync(':memory:'))
  const sent: { id: string; atMs: number }[] = []
  const parts = () => {
    const log = createChangeLog(storage, true)
    const send = async (change: AlertChange) => {
      sent.push({ id: change.id, atMs: clock.now() })
      return answer(change, sent.length)
    }
    return { log, courier: createCourier(log, send, clock, () => 0.5) }
  }
  let { log, courier } = parts()
  return {
    clock,
    sent,
    get log() {
      return log
    },
    append: (...changes: AlertChange[]) => storage.transactionSync(() => log.append(changes)),
    restart() {
      ;({ log, courier } = parts())
    },
    deliver: () => courier.deliver(),
    dueAtMs: () => courier.dueAtMs(),
    /** Delivers whatever is due until nothing is, at most `roundsMax` times. */
    async run(roundsMax = 100) {
      for (let round = 0; round < roundsMax; round += 1) {
        const dueAtMs = courier.dueAtMs()
        if (dueAtMs === null) return
        await clock.advance(Math.max(0, dueAtMs - clock.now()))
        await courier.deliver()
      }
    },
  }
}

describe('a change', () => {
  it('that was taken is never sent again, after a restart neither', async () => {
    const room = createRoom(() => taken)
    room.append(changeOf())
    await room.run()
    room.restart()
    await room.run()
    await room.deliver()
    expect(room.sent).toHaveLength(1)
    expect(room.log.latest()[0]?.delivery).toEqual({ status: 'delivered', tries: 1, last_status: 200 })
  })

  it('that is refused is tried again, later and later, under the same id, and then given up', async () => {
    const room = createRoom(() => refused)
    const change = changeOf()
    room.append(change)
    await room.run()
    expect(new Set(room.sent.map(({ id }) => id))).toEqual(new Set([change.id]))
    expect(room.sent).toHaveLength(limits.alertTriesMax)
    const pauses = room.sent.slice(1).map(({ atMs }, index) => atMs - (room.sent[index]?.atMs ?? 0))
    expect(pauses[0]).toBe(1_500)
    for (const [index, pauseMs] of pauses.entries())
      expect(pauseMs).toBeGreaterThanOrEqual(pauses[index - 1] ?? 0)
    expect(room.log.latest()[0]?.delivery).toEqual({
      status: 'failed',
      tries: limits.alertTriesMax,
      last_status: 500,
    })
  })

  it('goes on where it was when the object ends in the middle of a try', async () => {
    let isCut = true
    const room = createRoom(() => (isCut ? new Promise<TryOutcome>(() => undefined) : taken))
    room.append(changeOf())
    void room.deliver()
    await room.clock.advance(0)
    room.restart()
    isCut = false
    await room.deliver()
    expect(room.sent).toHaveLength(1)
    await room.run()
    expect(room.sent).toHaveLength(2)
    expect(room.log.latest()[0]?.delivery).toMatchObject({ status: 'delivered', tries: 2 })
  })

  it('is not sent a second time while its try is under way', async () => {
    const room = createRoom(() => new Promise<TryOutcome>(() => undefined))
    room.append(changeOf())
    void room.deliver()
    void room.deliver()
    await room.clock.advance(limits.alertWebhookDeadlineMs)
    void room.deliver()
    expect(room.sent).toHaveLength(1)
  })

  it('that the receiver wants no more of (410) is given up at once', async () => {
    const room = createRoom(() => ({ kind: 'gone', status: 410, retryAfterMs: null }))
    room.append(changeOf())
    await room.run()
    expect(room.sent).toHaveLength(1)
    expect(room.log.latest()[0]?.delivery.status).toBe('failed')
  })

  it('waits as long as the receiver asks for, within bounds', async () => {
    const room = createRoom((_, count) =>
      count === 1 ? { kind: 'refused', status: 429, retryAfterMs: 60_000 } : taken,
    )
    room.append(changeOf())
    await room.run()
    expect((room.sent[1]?.atMs ?? 0) - (room.sent[0]?.atMs ?? 0)).toBe(60_000)
  })

  it('to pending or inactive is kept and not sent', async () => {
    const room = createRoom(() => taken)
    room.append(changeOf({ to: 'pending' }), changeOf({ to: 'inactive' }))
    expect(room.dueAtMs()).toBeNull()
    await room.run()
    expect(room.sent).toEqual([])
    expect(room.log.latest().map(({ delivery }) => delivery.status)).toEqual(['none', 'none'])
  })
})

describe('the queue', () => {
  it('sends the changes of one alert in their order, each when the one before is settled', async () => {
    const room = createRoom((change, count) => (change.to === 'firing' && count < 4 ? refused : taken))
    const [firing, resolved] = [changeOf(), changeOf({ to: 'resolved' })]
    room.append(firing)
    room.append(resolved)
    await room.run()
    expect(room.sent.map(({ id }) => id)).toEqual([firing.id, firing.id, firing.id, firing.id, resolved.id])
  })

  it('keeps the changes of one alert from waiting for those of another', async () => {
    const room = createRoom((change) => (change.name === 'error_rate' ? refused : taken))
    const [stuck, other] = [changeOf(), changeOf({ name: 'response_time', rule: 'response_time' })]
    room.append(stuck, other)
    await room.deliver()
    expect(room.log.latest().map(({ id, delivery }) => [id, delivery.status])).toEqual([
      [other.id, 'delivered'],
      [stuck.id, 'waiting'],
    ])
  })

  it('is bounded: the oldest gives way; and so is the history', async () => {
    const room = createRoom(() => taken)
    for (let count = 0; count < limits.alertChangesWaitingMax + 10; count += 1) room.append(changeOf())
    expect(room.log.queue()).toEqual({ enabled: true, waiting: limits.alertChangesWaitingMax })
    await room.run(2_000)
    room.append(changeOf())
    expect(room.log.latest()).toHaveLength(limits.alertChangesKeptMax)
    expect(room.log.queue().waiting).toBe(1)
  })

  it('without a webhook nothing waits, what waited before neither', () => {
    const storage = createSqlStorage()
    const before = createChangeLog(storage, true)
    storage.transactionSync(() => before.append([changeOf()]))
    const after = createChangeLog(storage, false)
    storage.transactionSync(() => after.append([changeOf()]))
    expect(after.latest().map(({ delivery }) => delivery.status)).toEqual(['none', 'failed'])
    expect(after.queue()).toEqual({ enabled: false, waiting: 0 })
  })

  it('whatever fails and whenever it restarts, sends everything, nothing after it was taken, and in order', async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('error_rate' as const, 'response_time' as const) },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
      { weight: 3, arbitrary: fc.constant('deliver' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.array(fc.boolean()), async (steps, answers) => {
        const acknowledged: string[] = []
        const appended: AlertChange[] = []
        const room = createRoom((change, count) => {
          expect(acknowledged).not.toContain(change.id)
          if (answers[count - 1] === false) return refused
          acknowledged.push(change.id)
          return taken
        })
        for (const each of steps) {
          if (each === 'restart') room.restart()
          else if (each === 'deliver') await room.run(1)
          else {
            appended.push(changeOf({ name: each, rule: each }))
            room.append(...appended.slice(-1))
          }
        }
        await room.run()
        for (const name of ['error_rate', 'response_time']) {
          const idsOf = appended.filter((change) => change.name === name).map(({ id }) => id)
          const failed = room.log.latest().filter(({ delivery }) => delivery.status === 'failed')
          const expected = idsOf.filter((id) => !failed.some((change) => change.id === id))
          expect(acknowledged.filter((id) => idsOf.includes(id))).toEqual(expected)
        }
      }),
      { numRuns: 50 },
    )
  })
})
