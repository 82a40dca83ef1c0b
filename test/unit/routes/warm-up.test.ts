import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { WireError } from '../../../shared/contract/errors.ts'
import { warmUpSchema } from '../../../shared/contract/management.ts'
import type { WorkspaceNeeds } from '../../../shared/contract/origin.ts'
import type { RolloutState } from '../../../shared/contract/rollout-state.ts'
import {
  boardIdSchema,
  campaignIdSchema,
  contactIdSchema,
  segmentIdSchema,
  userIdSchema,
} from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import type { Need, Question, Resource, WarmWorkspace } from '../../../shared/resources/question.ts'
import { defineResource } from '../../../shared/resources/resource.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { questionsInTurn, warmUp } from '../../../worker/routes/warm-up.ts'
import { emptyWorkspace, entryKey, entryOf, viewOf, workspaceId } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { thing } from './declared-thing.ts'

const boardIdsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => boardIdSchema.parse(`board_${index}`))
const ofBoards = [contactList, contactCounts]
const declared = [...ofBoards, thing]
const nameOf = ({ resource, params }: Question) => `${resource.name} ${params['boardId'] ?? ''}`.trim()

/** A resource of a lead, of a campaign and of a segment, as few as a declaration can be. */
const of = (name: string, warm: (workspace: WarmWorkspace) => readonly string[], need?: Need) =>
  defineResource({
    ...{ name, summary: 'A thing', description: 'A thing.', route: `/api/${name}/{id}`, version: 1 },
    ...{ callers: ['member'], sharing: 'workspace', changes: 'writes', lifetime: 600 },
    path: z.strictObject({ id: z.string() }),
    query: z.strictObject({}),
    params: z.strictObject({ id: z.string() }),
    data: z.object({ size: z.int() }),
    paramsOf: ({ id }) => ({ id }),
    tags: () => [],
    warm: (workspace) => warm(workspace).map((id) => ({ id })),
    ...(need === undefined ? {} : { need }),
    example: { path: { id: 'a' }, query: {}, data: { size: 1 } },
  })
const lead = of('lead', ({ leadIds }) => leadIds)
const campaign = of('campaign', ({ campaignIds }) => campaignIds, 'later')
const segment = of('segment', ({ segmentIds }) => segmentIds)
const latest: WorkspaceNeeds = {
  leads: ['k2', 'k1'].map((id) => contactIdSchema.parse(id)),
  campaigns: ['g2', 'g1'].map((id) => campaignIdSchema.parse(id)),
  segments: [segmentIdSchema.parse('s1')],
}
const nothing = { leads: [], campaigns: [], segments: [] }

interface Warming {
  /** The questions that the workspace's settings keep out. */
  readonly isRefused?: (question: Question) => boolean
  readonly needs?: Result<WorkspaceNeeds, WireError>
  readonly resources?: readonly Resource[]
  readonly rollout?: RolloutState
}

/** Warms a workspace. */
async function warm(
  boards: number,
  { isRefused = () => false, needs = ok(nothing), resources: asked = declared, rollout = 'on' }: Warming = {},
) {
  const clock = createFakeClock()
  const questions: Question[] = []
  const kept: Promise<unknown>[] = []
  const warmed = await warmUp(
    {
      clock,
      views: { current: async () => ok(viewOf([], { rollout })) },
      origin: { boards: async () => ok(boardIdsOf(boards)), needs: async () => needs },
      async answer({ question, caller, isWarmUp }) {
        questions.push(question)
        expect(isWarmUp).toBe(true)
        caller.keepAlive(clock.advance(1))
        return ok({
          ...{ entry: entryOf(), key: entryKey, source: 'database', lifetimeSeconds: 180, doubt: null },
          ...{ isCacheEnabled: true, rollout, steps: [], view: null, currentAtMs: 0 },
          status: isRefused(question) ? 'BYPASS' : 'MISS',
        })
      },
    },
    {
      workspaceId,
      caller: {
        ...{ kind: 'member', userId: userIdSchema.parse('user-1'), token: 'a.b.c', requestId: 'r' },
        keepAlive: (work) => kept.push(work),
      },
    },
    asked,
  )
  if (!warmed.ok) throw new Error(warmed.error.code)
  return { questions, answer: warmUpSchema.parse(warmed.value) }
}

describe('a warm-up', () => {
  it('loads nothing for a workspace that the database answers, which has enough to do', async () => {
    for (const rollout of ['off', 'shadow'] as const) {
      const { questions, answer } = await warm(3, { rollout })
      expect(questions).toEqual([])
      expect(answer).toMatchObject({ entriesWarmed: 0, boards: [], boardsWarmed: 0 })
    }
  })

  it('loads the entries of every declaration, including a new one', async () => {
    const { questions, answer } = await warm(2)
    expect(questions.map(nameOf).sort()).toEqual([
      'contact-counts',
      'contact-list board_0',
      'contact-list board_1',
      'thing',
      'thing board_0',
      'thing board_1',
    ])
    expect(answer).toMatchObject({
      entriesWarmed: 6,
      boards: ['board_0', 'board_1'],
      boardsWarmed: 2,
      counts: true,
      resources: { 'contact-list': 2, 'contact-counts': 1, thing: 3 },
    })
  })

  it('counts an entry that settings exclude as not warm, and its board too', async () => {
    const { answer } = await warm(2, {
      isRefused: (question) => nameOf(question) === 'thing board_1',
    })
    expect(answer).toMatchObject({ entriesWarmed: 5, boards: ['board_0'], boardsWarmed: 1, counts: true })
    const withoutCounts = await warm(0, {
      isRefused: ({ resource }) => resource.name === 'contact-counts',
    })
    expect(withoutCounts.answer).toMatchObject({
      ...{ entriesWarmed: 1, boards: [], boardsWarmed: 0, counts: false },
      resources: { 'contact-counts': 0, thing: 1 },
    })
  })

  it('has a bound within which every resource has its turn, and names no board that is only half warm', async () => {
    const { questions, answer } = await warm(limits.warmBoardsMax + 20)
    expect(questions).toHaveLength(limits.warmEntriesMax)
    expect(answer.resources).toEqual({ 'contact-counts': 1, 'contact-list': 50, thing: 49 })
    expect(answer.boardsWarmed).toBe(48)
  })

  it('loads the latest leads, campaigns and segments too', async () => {
    const { questions } = await warm(0, { needs: ok(latest), resources: [lead, campaign, segment] })
    expect(questions.map(({ params }) => params['id']).sort()).toEqual(['g1', 'g2', 'k1', 'k2', 's1'])
  })

  it('loads the boards alone if the origin cannot say what else there is', async () => {
    const needs = err({ code: 'route_not_found' } as const)
    const { answer } = await warm(2, { needs, resources: [...declared, lead] })
    expect(answer).toMatchObject({ boardsWarmed: 2, resources: { 'contact-list': 2 } })
  })

  it('leaves out what its caller may not read', async () => {
    const { questions } = await warm(1, {
      resources: [...declared, { ...thing, name: 'service', callers: ['service'] }],
    })
    expect(questions.map(({ resource }) => resource.name)).toEqual([
      'contact-list',
      'contact-counts',
      'thing',
      'thing',
    ])
  })

  it('loads the first question of each resource before the second of any, by need', () => {
    const workspace = {
      ...{ ...emptyWorkspace, boardIds: boardIdsOf(2), leadIds: latest.leads },
      ...{ campaignIds: latest.campaigns, segmentIds: latest.segments },
    }
    const names = questionsInTurn([campaign, segment, lead, ...ofBoards, thing], workspace).map(
      ({ resource, params }) => `${resource.name} ${params['boardId'] ?? params['id'] ?? ''}`.trim(),
    )
    expect(names).toEqual([
      ...['contact-list board_0', 'contact-counts', 'segment s1', 'lead k2', 'thing', 'campaign g2'],
      ...['contact-list board_1', 'lead k1', 'thing board_0', 'thing board_1', 'campaign g1'],
    ])
  })
})
