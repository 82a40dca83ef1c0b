import { describe, expect, it } from 'vitest'
import { warmUpSchema } from '../../../shared/contract/management.ts'
import { boardIdSchema, userIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import type { Question } from '../../../shared/resources/question.ts'
import { ok } from '../../../shared/result.ts'
import { questionsInTurn, warmUp } from '../../../worker/routes/warm-up.ts'
import { entryOf, workspaceId } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { thing } from './declared-thing.ts'

const boardIdsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => boardIdSchema.parse(`board_${index}`))
const declared = [contactList, contactCounts, thing]
const nameOf = ({ resource, params }: Question) => `${resource.name} ${params['boardId'] ?? ''}`.trim()

/** Warms a workspace; `isRefused` says which questions its settings keep out. */
async function warm(boards: number, isRefused: (question: Question) => boolean = () => false) {
  const clock = createFakeClock()
  const questions: Question[] = []
  const kept: Promise<unknown>[] = []
  const warmed = await warmUp(
    {
      clock,
      origin: { boards: async () => ok(boardIdsOf(boards)) },
      async answer({ question, caller, isWarmUp }) {
        questions.push(question)
        expect(isWarmUp).toBe(true)
        caller.keepAlive(clock.advance(1))
        return ok({
          ...{ entry: entryOf(), source: 'database', lifetimeSeconds: 180, doubt: null },
          ...{ isCacheEnabled: true, steps: [], view: null },
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
    declared,
  )
  if (!warmed.ok) throw new Error(warmed.error.code)
  return { questions, answer: warmUpSchema.parse(warmed.value) }
}

describe('a warm-up', () => {
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
    const { answer } = await warm(2, (question) => nameOf(question) === 'thing board_1')
    expect(answer).toMatchObject({ entriesWarmed: 5, boards: ['board_0'], boardsWarmed: 1, counts: true })
    const withoutCounts = await warm(0, ({ resource }) => resource.name === 'contact-counts')
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

  it('loads the first question of each resource before the second of any', () => {
    const turns = questionsInTurn(declared, { workspaceId, boardIds: boardIdsOf(2) }).map(nameOf)
    expect(turns.slice(0, 3).sort()).toEqual(['contact-counts', 'contact-list board_0', 'thing'])
  })
})
