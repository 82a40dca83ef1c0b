import { describe, expect, test } from 'vitest'
import type { Query } from '../../../origin/database/query.ts'
import { createMailLine } from '../../../origin/inbound-email/mail-line.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { deferred, settle } from '../../support/fake-clock.ts'
import { mail } from '../../support/mail.ts'

const most = limits.mailsTogetherMin
const queued = { status: 'queued', workspaceId: '15213', priority: 'normal' } as const

interface Asked {
  readonly args: Readonly<Record<string, unknown>>
  answer(mails: readonly unknown[] | null): void
}

/** A line whose database answers when the test says so; null is a failure. */
function lineUnderTest() {
  const asked: Asked[] = []
  const query: Query = async (schema, _functionName, args) => {
    const { promise, resolve } = deferred<readonly unknown[] | null>()
    asked.push({ args, answer: resolve })
    const mails = await promise
    return mails === null ? err({ kind: 'unavailable' }) : ok(schema.parse({ mails }))
  }
  const line = createMailLine({ record: () => undefined, isSlow: () => false })
  const join = (count: number, more: Parameters<typeof mail>[0] = {}) =>
    Array.from({ length: count }, () => {
      const { queued: wasQueued, begin, leave } = line.join(mail(more), 'us')
      return { wasQueued, begin: () => begin(query), leave }
    })
  const sizes = () => asked.map(({ args }) => [args['p_mails']].flat().length)
  return { asked, join, sizes }
}

/** Lets the first of the places begin, and answers what came of that so far. */
async function beginning(place: { begin(): Promise<unknown> } | undefined) {
  const seen: { outcome: unknown } = { outcome: 'not yet' }
  void place?.begin().then((outcome) => {
    seen.outcome = outcome
  })
  await settle()
  return seen
}

describe('messages that wait for their turns', () => {
  test('are taken by themselves while they are few', async () => {
    const { join, sizes } = lineUnderTest()
    const [first] = join(most - 1)
    expect(await first?.begin()).toBeNull()
    expect(sizes()).toEqual([])
  })

  test('are queued by one call of the first that has its turn once they are many, except those that the database leaves', async () => {
    const { asked, join, sizes } = lineUnderTest()
    const places = join(most)
    const first = await beginning(places[0])
    expect(sizes()).toEqual([most])
    asked[0]?.answer(places.map((_, index) => (index === 3 ? null : queued)))
    await settle()
    expect(first.outcome).toEqual(queued)
    expect(await places[1]?.wasQueued).toEqual(queued)
    expect(await places[1]?.begin()).toEqual(queued)
    expect(await places[3]?.begin()).toBeNull()
    expect(sizes()).toEqual([most])
  })

  test('do not begin while they are asked for, and know how many of their address are under way', async () => {
    const { asked, join, sizes } = lineUnderTest()
    const [before] = join(1)
    expect(await before?.begin()).toBeNull()
    const places = join(most)
    const [first, second] = [await beginning(places[0]), await beginning(places[1])]
    expect(sizes()).toEqual([most])
    expect(asked[0]?.args['p_mails']).toMatchObject([{ ahead: 1 }, ...Array(most - 1).fill({})])
    expect([first.outcome, second.outcome]).toEqual(['not yet', 'not yet'])
    asked[0]?.answer([null, queued])
    await settle()
    expect([first.outcome, second.outcome]).toEqual([null, queued])
  })

  test('are taken by themselves after a failure, and not asked for again until as many have joined', async () => {
    const { asked, join, sizes } = lineUnderTest()
    const places = join(most)
    const first = await beginning(places[0])
    join(most - 1)
    asked[0]?.answer(null)
    await settle()
    expect(first.outcome).toBeNull()
    expect(await places[1]?.begin()).toBeNull()
    expect(sizes()).toEqual([most])
    join(1)
    await beginning(places[2])
    expect(sizes()).toEqual([most, 2 * most - 2])
  })

  test('are taken by themselves if the one that asks has to leave', async () => {
    const { asked, join, sizes } = lineUnderTest()
    const places = join(most)
    await beginning(places[0])
    const second = await beginning(places[1])
    places[0]?.leave()
    await settle()
    expect(second.outcome).toBeNull()
    expect(sizes()).toEqual([most])
    // The one that left is not under way, and the second is.
    await beginning(join(most)[0])
    expect(asked[1]?.args['p_mails']).toMatchObject(Array(2 * most - 2).fill({ ahead: 1 }))
  })

  test('are not asked for after they have left, nor if they are large', async () => {
    const { asked, join, sizes } = lineUnderTest()
    for (const place of join(1)) place.leave()
    const [large] = join(1, { text: 'x'.repeat(limits.mailTogetherCharactersMax + 1) })
    join(1, { recipients: Array.from({ length: 51 }, (_, index) => `us${index}@ours.example`) })
    join(most)
    const one = await beginning(large)
    expect(sizes()).toEqual([most])
    expect(one.outcome).toBe('not yet')
    asked[0]?.answer(Array(most).fill(queued))
    await settle()
    expect(one.outcome).toBeNull()
  })
})
