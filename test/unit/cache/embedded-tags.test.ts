import { expect, it } from 'vitest'
import { slotTag } from '../../../shared/tags/tags.ts'
import { deferred, settle } from '../../support/fake-clock.ts'
import { boundMs, createDeployment } from '../../support/read-harness.ts'
import { columnMove, openMove } from '../../support/tags.ts'

/** A tag that follows from the answer and not from its question. */
const embedded = slotTag('b9', 'c9', 'all')
const embeddedMove = columnMove('b9', 'c9')
const embeds = { embeddedTags: () => [embedded] }

it('an entry depends on the entities that its answer embeds, in addition to the tags of its question', async () => {
  const { createIsolate, database, book, clock } = createDeployment()
  const isolate = createIsolate()
  await isolate.read(embeds)
  await isolate.rest()
  expect(await isolate.read(embeds)).toMatchObject({ status: 'HIT' })
  for (const move of [embeddedMove, openMove('b1')]) {
    book.advance([{ moves: [move] }])
    await clock.advance(boundMs + 1)
    expect(await isolate.read(embeds)).toMatchObject({ status: 'MISS' })
    await isolate.rest()
  }
  expect(database.loads).toBe(3)
})

it('a load that has ended is not joined by a reader in whose view an embedded entity moved', async () => {
  const { createIsolate, database, book, clock } = createDeployment()
  const isolate = createIsolate()
  const { promise, resolve } = deferred<void>()
  database.gate = promise
  database.rows = '["older"]'
  const first = isolate.read(embeds)
  await settle()
  resolve()
  await first
  database.gate = null
  database.rows = '["newer"]'
  book.advance([{ moves: [embeddedMove] }])
  await clock.advance(boundMs + 1)
  const second = await isolate.read(embeds)
  expect(second).toMatchObject({ status: 'MISS', body: '{"contacts":["newer"]}' })
  expect(database.loads).toBe(2)
})

it('the answer that a thing does not exist embeds nothing', async () => {
  const { createIsolate, database } = createDeployment()
  const isolate = createIsolate()
  database.rows = 'none'
  const never = () => {
    throw new Error('there is no body to look into')
  }
  expect(await isolate.read({ embeddedTags: never, isReadable: never })).toMatchObject({ found: false })
  await isolate.rest()
  expect(await isolate.read({ embeddedTags: never, isReadable: never })).toMatchObject({ status: 'HIT' })
})
