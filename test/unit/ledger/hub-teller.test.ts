import { expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { bucketMove } from '../../../shared/tags/moves.ts'
import { ChangeTimes } from '../../../worker/ledger/change-times.ts'
import type { HubAnswer, Told } from '../../../worker/ledger/hub-messages.ts'
import { HubTeller } from '../../../worker/ledger/hub-teller.ts'
import { createBook, createSqlStorage } from '../../support/book-storage.ts'
import { version } from '../../support/entries.ts'
import { createFakeClock, deferred, settle } from '../../support/fake-clock.ts'

/** A ledger with its teller. `answer` is what hubs say; a rejection means that they cannot be reached. */
function setUp() {
  const clock = createFakeClock()
  const book = createBook()
  const storage = createSqlStorage()
  const times = new ChangeTimes()
  const calls: (Told & { readonly hubName: string })[] = []
  const state: { answer: (told: Told) => Promise<HubAnswer> } = {
    answer: async ({ changes }) => ({ ledgerId: changes.ledgerId, version: changes.version }),
  }
  const create = () =>
    new HubTeller({
      ...{ storage, clock, random: () => 0.5 },
      head: () => book.headNow(),
      since: (ledgerId, known) => book.since(ledgerId, known),
      timesAfter: (known) => times.after(known),
      tell(hubName, told) {
        calls.push({ hubName, ...told })
        return state.answer(told)
      },
      keepAlive: () => undefined,
    })
  let teller = create()
  return {
    ...{ clock, book, calls, state },
    watch: (name: string) => teller.watch(name, null, 0),
    write() {
      const before = book.headNow().version
      const events = [{ moves: [bucketMove('contact', 'c1')] }]
      times.note(events, book.advance(events), before, clock.now())
      teller.advanced()
    },
    restart() {
      teller = create()
    },
  }
}

const spanOf = ({ since, changes }: Told) => [since.version, changes.version]

it('a registered hub hears of every write, and an unknown one of none', async () => {
  const { watch, write, calls } = setUp()
  write()
  expect(calls).toEqual([])
  watch('one')
  watch('two')
  write()
  expect(calls.map(({ hubName }) => hubName)).toEqual(['one', 'two'])
})

it('a registration is durable, and the next write after a restart is told from where the ledger was', async () => {
  const { watch, write, restart, calls } = setUp()
  watch('one')
  restart()
  write()
  await settle()
  expect(calls.map(spanOf)).toEqual([[0, 1]])
})

it('one call is in flight to a hub, and the next one has everything that came meanwhile', async () => {
  const { watch, write, calls, state } = setUp()
  watch('one')
  const held = deferred<void>()
  const { answer } = state
  state.answer = async (told) => {
    await held.promise
    return answer(told)
  }
  for (let each = 0; each < 5; each += 1) write()
  await settle()
  expect(calls.map(spanOf)).toEqual([[0, 1]])
  held.resolve()
  await settle()
  expect(calls.map(spanOf)).toEqual([
    [0, 1],
    [1, 5],
  ])
})

it('a hub that says an older position is told from there', async () => {
  const { watch, write, calls, state } = setUp()
  watch('one')
  write()
  await settle()
  const { answer } = state
  state.answer = async (told) =>
    told.since.ledgerId === null ? answer(told) : { ledgerId: null, version: version(0) }
  write()
  await settle()
  expect(calls.map(({ since }) => since.ledgerId)).toEqual(['ledger', 'ledger', null])
})

it('a call that fails is tried again with longer pauses, and given up until the next write', async () => {
  const { watch, write, calls, state, clock } = setUp()
  watch('one')
  const { answer } = state
  state.answer = () => Promise.reject(new Error('away'))
  write()
  await clock.advance(60_000)
  const tries = calls.length
  expect(tries).toBeGreaterThan(3)
  expect(tries).toBeLessThan(10)
  state.answer = answer
  write()
  await settle()
  expect(calls.slice(tries).map(spanOf)).toEqual([[0, 2]])
})

it('a call that is never answered counts as failed after its deadline', async () => {
  const { watch, write, calls, state, clock } = setUp()
  watch('one')
  state.answer = () => new Promise(() => undefined)
  write()
  await clock.advance(limits.liveTellDeadlineMs + 1_000)
  expect(calls.length).toBeGreaterThan(1)
})

it('a hub that nobody is connected to is forgotten, unless it has registered again meanwhile', async () => {
  const { watch, write, calls, state } = setUp()
  watch('one')
  const held = deferred<void>()
  state.answer = async () => {
    await held.promise
    return 'gone'
  }
  write()
  watch('one')
  held.resolve()
  await settle()
  write()
  expect(calls).toHaveLength(2)
  await settle()
  write()
  expect(calls).toHaveLength(2)
})

it('a workspace has no more hubs than it may', () => {
  const { watch } = setUp()
  for (let each = 0; each < limits.liveHubsMax; each += 1) watch(`hub ${each}`)
  expect(() => watch('one more')).toThrow('too many hubs')
})
