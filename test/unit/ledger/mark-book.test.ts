import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Mark } from '../../../shared/contract/marks.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { MarkBook } from '../../../worker/ledger/mark-book.ts'
import { createSqlStorage } from '../../support/book-storage.ts'
import { version } from '../../support/entries.ts'

const one = workspaceIdSchema.parse('1')
const two = workspaceIdSchema.parse('2')
const primary = '7301:00000001'
const promoted = '7301:00000002'

function setUp() {
  const disk = new DatabaseSync(':memory:')
  const time = { nowMs: 1_000 }
  const open = () =>
    new MarkBook({ storage: createSqlStorage(disk), now: () => time.nowMs, ledgerOf: (id) => `ledger-${id}` })
  const book = open()
  /** A mark whose instant is that of the last answer, posted a while later. */
  function post(mark: Partial<Mark> = {}, on = book) {
    const { now } = on.take(null)
    time.nowMs += 1_000
    return { at: now, answer: on.take({ at: now, database: primary, position: '0/10', except: [], ...mark }) }
  }
  const proved = (id = one, head: Partial<{ ledgerId: string; version: number }> = {}, on = book) =>
    on.proofFor(`ledger-${id}`, { ledgerId: head.ledgerId ?? 'a', version: version(head.version ?? 5) })
  return { time, open, book, post, proved }
}

describe('a mark', () => {
  it('proves every workspace up to its instant, and not to the time of its arrival', () => {
    const { post, proved } = setUp()
    expect(proved()).toEqual({ provedAtMs: 0, behind: null })
    const { at } = post()
    expect(proved(one).provedAtMs).toBe(at)
    expect(proved(two).provedAtMs).toBe(at)
  })

  it('leaves the workspaces that it excepts at the mark before', () => {
    const { post, proved } = setUp()
    const first = post()
    const second = post({ except: [one] })
    expect(proved(one).provedAtMs).toBe(first.at)
    expect(proved(two).provedAtMs).toBe(second.at)
    post({ except: [one] })
    expect(proved(one).provedAtMs).toBe(first.at)
    const fourth = post()
    expect(proved(one).provedAtMs).toBe(fourth.at)
  })

  it('never lowers what is proved, whatever the order in which relays post: the greatest instant of a mark without the workspace counts', () => {
    const marks = fc.array(fc.record({ at: fc.nat(50), excepts: fc.subarray([one, two]) }), { maxLength: 12 })
    fc.assert(
      fc.property(marks, (posted) => {
        const { book, proved } = setUp()
        let before = 0
        for (const { at, excepts } of posted) {
          book.take({ at, database: primary, position: '0/10', except: excepts })
          const now = proved(one).provedAtMs
          expect(now).toBeGreaterThanOrEqual(before)
          before = now
        }
        const proving = posted.filter(({ excepts }) => !excepts.includes(one)).map(({ at }) => at)
        expect(before).toBeLessThanOrEqual(Math.max(0, ...proving))
      }),
    )
  })

  it('is never later than the moment at which it arrives', () => {
    const { book, time, proved } = setUp()
    book.take({ at: 999_999, database: primary, position: '0/10', except: [] })
    expect(proved().provedAtMs).toBe(time.nowMs)
  })
})

describe('another database', () => {
  it.each([
    ['of another timeline', { database: promoted, position: '0/99' }],
    ['of another cluster', { database: '9:00000001', position: '0/99' }],
    ['that has gone back', { position: '0/0F' }],
  ])('%s is refused until everything was moved', (_name, mark) => {
    const { post, proved } = setUp()
    const first = post()
    const refused = post(mark)
    expect(refused.answer.outcome).toBe('refused')
    expect(proved().provedAtMs).toBe(first.at)
    const succeeded = post({ ...mark, succeeds: refused.answer.succession })
    expect(succeeded.answer).toMatchObject({ outcome: 'taken', succession: refused.answer.succession + 1 })
    expect(post(mark).answer.outcome).toBe('taken')
  })

  it('that has gone back stays refused when its positions pass the last one again', () => {
    const { post } = setUp()
    post()
    const refused = post({ position: '0/0F' })
    expect(post({ position: '0/FF' }).answer.outcome).toBe('refused')
    expect(post({ position: '0/FF', succeeds: refused.answer.succession }).answer.outcome).toBe('taken')
  })

  it('makes every ledger begin again before it is proved anything, also one whose workspace the database no longer has', () => {
    const { post, proved } = setUp()
    post()
    proved(one, { version: 7 })
    const { answer } = post({ database: promoted })
    post({ database: promoted, succeeds: answer.succession })
    expect(proved(one, { version: 9 })).toEqual({ provedAtMs: 0, behind: 7 })
    expect(proved(one, { ledgerId: 'b', version: 10 }).behind).toBeNull()
    expect(proved(one, { ledgerId: 'b', version: 10 }).provedAtMs).toBeGreaterThan(0)
  })

  it('is remembered when the object restarts', () => {
    const { post, open } = setUp()
    post()
    expect(post({ database: promoted }, open()).answer.outcome).toBe('refused')
  })
})

describe('two relays of one database', () => {
  it('do not refuse each other when a mark arrives late', () => {
    const { book, time } = setUp()
    const { now: early } = book.take(null)
    time.nowMs += 10
    book.take({ at: early, database: primary, position: '0/20', except: [] })
    time.nowMs += 10
    const late = book.take({ at: early, database: primary, position: '0/10', except: [] })
    expect(late.outcome).toBe('overtaken')
    expect(book.take({ at: late.now, database: primary, position: '0/30', except: [] }).outcome).toBe('taken')
  })

  it('do not go by a mark of the former database that arrives after the next one has begun, though its position is later', () => {
    const { book, post, time } = setUp()
    post({ position: '0/80' })
    const former = { at: book.instant(), database: primary, position: '0/90', except: [] }
    time.nowMs += 10
    const { succession } = post({ position: '0/10' }).answer
    post({ position: '0/10', succeeds: succession })
    expect(book.take(former).outcome).toBe('overtaken')
    expect(post({ position: '0/10' }).answer.outcome).toBe('taken')
  })

  it('compare positions as numbers', () => {
    const { post } = setUp()
    post({ position: '9/FFFFFFFF' })
    expect(post({ position: '10/1' }).answer.outcome).toBe('taken')
    expect(post({ position: 'F/1' }).answer.outcome).toBe('refused')
  })
})

describe('a ledger that asks', () => {
  it('has to begin again above every version that it has told, if it has gone back', () => {
    const { post, proved, open } = setUp()
    post()
    proved(one, { version: 20 })
    expect(proved(one, { version: 19 })).toEqual({ provedAtMs: 0, behind: 20 })
    expect(proved(one, { version: 19 }, open()).behind).toBe(20)
    expect(proved(one, { ledgerId: 'b', version: 21 }).behind).toBeNull()
    expect(proved(two, { version: 1 }).behind).toBeNull()
  })
})
