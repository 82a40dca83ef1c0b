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
  const line = createMailLine({
    pace: { record: () => undefined, isSlow: () => false },
    queries: { run: () => Promise.reject(new Error('no loads')), perform: (job) => job.perform(query) },
  })
  const join = (count: number, more: Parameters<typeof mail>[0] = {}) =>
    Array.from({ length: count }, () => line.join(mail(more), 'us'))
  const sizes = () => asked.map(({ args }) => [args['p_mails']].flat().length)
  return { asked, join, sizes }
}

describe('messages that wait for their turns', () => {
  test('are taken by themselves while they are few', async () => {
    const { join, sizes } = lineUnderTest()
    const places = join(most - 1)
    await settle()
    expect(sizes()).toEqual([])
    expect(await places[0]?.begin()).toBeNull()
  })

  test('are queued by one call once they are many, except those that the database leaves', async () => {
    const { asked, join, sizes } = lineUnderTest()
    const places = join(most)
    await settle()
    expect(sizes()).toEqual([most])
    asked[0]?.answer(places.map((_, index) => (index === 3 ? null : queued)))
    expect(await places[0]?.queued).toEqual(queued)
    expect(await places[0]?.begin()).toEqual(queued)
    expect(await places[3]?.begin()).toBeNull()
  })

  test('do not begin while they are asked for, and know how many of their address are under way', async () => {
    const { asked, join } = lineUnderTest()
    const [first] = join(1)
    expect(await first?.begin()).toBeNull()
    const places = join(most)
    await settle()
    expect(asked[0]?.args['p_mails']).toMatchObject([{ ahead: 1 }, ...Array(most - 1).fill({})])
    let begun: unknown = 'not yet'
    void places[0]?.begin().then((outcome) => {
      begun = outcome
    })
    await settle()
    expect(begun).toBe('not yet')
    asked[0]?.answer([queued])
    await settle()
    expect(begun).toEqual(queued)
  })

  test('are taken by themselves after a failure, and not asked for again until as many have joined', async () => {
    const { asked, join, sizes } = lineUnderTest()
    const places = join(most)
    await settle()
    join(most - 1)
    asked[0]?.answer(null)
    await settle()
    expect(sizes()).toEqual([most])
    expect(await places[0]?.begin()).toBeNull()
    join(1)
    await settle()
    expect(sizes()).toEqual([most, 2 * most - 1])
  })

  test('are not asked for after they have left, nor if they are large', async () => {
    const { join, sizes } = lineUnderTest()
    for (const place of join(1)) place.leave()
    join(1, { text: 'x'.repeat(limits.mailTogetherCharactersMax + 1) })
    join(1, { recipients: Array.from({ length: 51 }, (_, index) => `us${index}@ours.example`) })
    join(most)
    await settle()
    expect(sizes()).toEqual([most])
  })
})
