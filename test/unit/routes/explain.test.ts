import { expect, it } from 'vitest'
import { nameOf, workspaceTag } from '../../../shared/tags/tags.ts'
import type { ReadAnswer } from '../../../worker/cache/read.ts'
import { explain } from '../../../worker/routes/explain.ts'
import { entryOf, viewOf } from '../../support/entries.ts'
import { boardTag } from '../../support/tags.ts'

const held = entryOf()
const nowMs = held.createdAtMs + 12_000

function explained(view: ReadAnswer['view']) {
  const answer: Omit<ReadAnswer, 'key' | 'rollout'> = {
    entry: entryOf({ createdAtMs: nowMs }),
    ...{ status: 'MISS', source: 'database', lifetimeSeconds: 180, doubt: null, isCacheEnabled: true },
    steps: [
      { name: 'memory', said: 'miss', durationMs: 0 },
      { name: 'kv', said: 'outdated', durationMs: 3, entry: held },
      { name: 'origin', said: 'loaded', durationMs: 30 },
    ],
    view,
    currentAtMs: nowMs,
  }
  return explain(answer, nowMs).asked
}

it('an explanation names the tags that made an entry outdated, the latest first, and no others', () => {
  const [miss, outdated, loaded] = explained(
    viewOf([
      [boardTag('b1'), 6],
      [workspaceTag, 7],
      [boardTag('b2'), 9],
    ]),
  )
  expect(outdated?.held).toEqual({
    stamp: { version: held.stamp.version },
    age_ms: 12_000,
    is_of_ledger: true,
    outdated_by: [
      { tag: nameOf(workspaceTag), version: 7 },
      { tag: nameOf(boardTag('b1')), version: 6 },
    ],
  })
  expect([miss?.held, loaded?.held]).toEqual([undefined, undefined])
})

it('an explanation accuses no tag if the entry is of another ledger, or nothing is known of it', () => {
  for (const view of [viewOf([[workspaceTag, 7]], { ledgerId: 'new' }), null]) {
    expect(explained(view)[1]?.held).toMatchObject({ is_of_ledger: false, outdated_by: [] })
  }
})

it('an explanation has every tier with the time that its entry has left', () => {
  const answer = {
    ...({ entry: held, status: 'HIT', source: 'memory', lifetimeSeconds: 180, doubt: null } as const),
    ...{ isCacheEnabled: true, steps: [], view: viewOf([]), currentAtMs: nowMs - 2_000 },
    tiers: [
      {
        ...({ name: 'memory', said: 'fresh', durationMs: 0, entry: held } as const),
        isAside: false,
        leftMs: 168_000,
        currentAtMs: nowMs - 2_000,
      },
      { ...({ name: 'kv', said: 'miss', durationMs: 4 } as const), isAside: true },
    ],
  }
  expect(explain(answer, nowMs).tiers).toEqual([
    {
      ...{ name: 'memory', said: 'fresh', duration_ms: 0, is_aside: false },
      held: {
        ...{ stamp: { version: held.stamp.version }, age_ms: 12_000, is_of_ledger: true, outdated_by: [] },
        ...{ proved_age_ms: 2_000, left_ms: 168_000 },
      },
    },
    { name: 'kv', said: 'miss', duration_ms: 4, is_aside: true },
  ])
})
