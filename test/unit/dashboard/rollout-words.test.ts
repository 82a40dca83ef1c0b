import { describe, expect, it } from 'vitest'
import { defaultRollout, type Rollout, rolloutChangeSchema } from '../../../shared/contract/rollout.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import {
  changeOf,
  draftOf,
  idsOf,
  percentOf,
  sentencesOf,
} from '../../../worker/dashboard/src/rollout/rollout-words.ts'

const idOf = (id: string) => workspaceIdSchema.parse(id)
const rollout: Rollout = {
  ...defaultRollout,
  ...{ mode: 'percent', percent: 12.5, allow: [idOf('15213')], version: 3, changed: null, unconfirmed: 0 },
}

describe('the draft of a rollout', () => {
  it('sends what was changed alone, and nothing that was typed as it is', () => {
    const draft = draftOf(rollout)
    expect(changeOf(draft, rollout)).toEqual({})
    const lists = { ...draft.lists, allow: '15213, 15214', deny: ' 7\n\n8 ' }
    const change = changeOf({ ...draft, mode: 'on', lists }, rollout)
    expect(change).toEqual({ mode: 'on', allow: ['15213', '15214'], deny: ['7', '8'] })
    expect(rolloutChangeSchema.safeParse(change).success).toBe(true)
  })

  it('cannot be sent with a percentage or an id that is none', () => {
    const draft = draftOf(rollout)
    for (const percent of ['', '101', '1.234', '-1', 'x', '1e1'])
      expect(changeOf({ ...draft, percent }, rollout)).toBeNull()
    expect(changeOf({ ...draft, lists: { ...draft.lists, deny: 'a/b' } }, rollout)).toBeNull()
    expect([percentOf('0'), percentOf('99.99'), percentOf('100')]).toEqual([0, 99.99, 100])
    expect([idsOf(''), idsOf('1 1,2')]).toEqual([[], ['1', '2']])
  })

  it('is told in sentences before it is sent', () => {
    const change = { mode: 'off', percent: 20, allow: [] } as const
    expect(sentencesOf(change, rollout)).toEqual([
      'Percent becomes Off. The database answers everybody, and readers share its queries.',
      '12.5 % becomes 20 %.',
      'Always within the percentage: 0 added, 1 removed.',
    ])
  })
})
