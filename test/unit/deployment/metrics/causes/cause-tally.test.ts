import { describe, expect, it } from 'vitest'
import { hexDigest } from '../../../../../shared/hex-digest.ts'
import { deploymentId, workspaceIdSchema } from '../../../../../shared/ids.ts'
import { limits } from '../../../../../shared/limits.ts'
import { resources } from '../../../../../shared/resources/index.ts'
import type { Question } from '../../../../../shared/resources/question.ts'
import { createCauseTally, sealCauses } from '../../../../../worker/deployment/metrics/causes/cause-tally.ts'
import { cacheKey } from '../../../../../worker/entry/key.ts'
import { tallyOf } from './tallies.ts'

const workspaceId = workspaceIdSchema.parse('15213')

function questionOf(name: string, path: unknown, query: unknown): Question {
  const resource = resources.find((each) => each.name === name)
  const parsed = resource?.parse(path, query)
  if (parsed?.ok !== true) throw new Error(`${name} has no such question`)
  return parsed.value
}

async function read(question: Question, more: { isHit?: boolean; workspaceId?: typeof workspaceId } = {}) {
  return {
    ...{ workspaceId, question, isHit: true, isError: false, durationMs: 3 },
    key: await cacheKey(question, more.workspaceId ?? workspaceId, null),
    ...more,
  }
}

const board = (query: Record<string, string>) => questionOf('contact-list', { boardId: 'board_123' }, query)

describe('the causes that an isolate counts', () => {
  it('are the reads by key, board and workspace, with the misses of workspaces apart', async () => {
    const tally = createCauseTally('version-1')
    tally.count(await read(board({ filter: 'open' })))
    tally.count(await read(board({ filter: 'open' }), { isHit: false }))
    const taken = tally.take()
    if (taken === null) throw new Error('nothing was counted')
    const { versions, reads, keys, boards, workspaces, missing } = await sealCauses(taken)
    expect({ versions, reads }).toEqual({ versions: ['version-1'], reads: 2 })
    expect(keys.tracked.map(({ excess, tallies }) => [excess, tallies])).toEqual([
      [2, { 'contact-list': tallyOf(2, 1, 0, 6) }],
    ])
    expect(boards.tracked.map(({ name }) => name)).toEqual(['15213 board_123'])
    expect(workspaces.tracked[0]).toMatchObject({ name: '15213', excess: 2 })
    expect(missing.tracked[0]).toMatchObject({ name: '15213', excess: 1 })
    expect(tally.take()).toBeNull()
  })

  it('name a key by its digest, as the lists of Redis do, and never by itself', async () => {
    const tally = createCauseTally('version-1')
    const question = board({ filter: 'open', page: '3' })
    const counted = await read(question)
    tally.count(counted)
    const taken = tally.take()
    if (taken === null) throw new Error('nothing was counted')
    const [row] = (await sealCauses(taken)).keys.tracked
    const [digest, ...shown] = row?.name.split(' ') ?? []
    expect(digest).toBe(await hexDigest(counted.key, 16))
    expect(JSON.parse(shown.join(' '))).toMatchObject({
      workspaceId: '15213',
      params: { boardId: 'board_123', filter: 'open', page: 3 },
      hidden: [],
    })
    expect(JSON.stringify(await sealCauses(taken))).not.toContain(counted.key)
  })

  it('contain no search, number, address or cursor, and say that there was one', async () => {
    const tally = createCauseTally('version-1')
    const after = { sortBy: 'name', sortOrder: 'asc', after: 'Anna Muster', id: 'contact_1', page: 2 }
    const cursor = Buffer.from(JSON.stringify(after)).toString('base64url')
    const questions = [
      board({ search: 'anna muster' }),
      board({ cursor, sort_by: 'name', sort_order: 'asc' }),
      questionOf('lead-by-phone', {}, { phone: '+15550100123' }),
      questionOf('contact-by-email', {}, { email: 'anna@example.com' }),
    ]
    for (const question of questions) tally.count(await read(question))
    const taken = tally.take()
    if (taken === null) throw new Error('nothing was counted')
    const text = JSON.stringify(await sealCauses(taken)).toLowerCase()
    for (const secret of ['anna', '5550100123', 'example.com', cursor.toLowerCase()])
      expect(text).not.toContain(secret)
    for (const name of ['search', 'cursor', 'phone', 'email']) expect(text).toContain(`\\"${name}\\"`)
  })

  it('stay bounded whatever is read, and keep their questions', async () => {
    const tally = createCauseTally('version-1')
    for (let page = 1; page <= 10 * limits.causesBatchMax; page += 1) {
      tally.count(await read(board({ page: String(page) })))
    }
    const taken = tally.take()
    if (taken === null) throw new Error('nothing was counted')
    const { keys } = await sealCauses(taken)
    expect(taken.questions.size).toBeLessThanOrEqual(4 * limits.causesBatchMax)
    expect(keys.tracked.length).toBeLessThanOrEqual(limits.causesBatchMax)
    expect(keys.tracked.every(({ name }) => name.includes('board_123'))).toBe(true)
  })

  it('leave the deployment out of the workspaces', async () => {
    const tally = createCauseTally('version-1')
    const question = questionOf('organization-by-phone', {}, { phone: '+15550100123' })
    tally.count({
      ...{ workspaceId: deploymentId, question, key: null, isHit: false, isError: true, durationMs: 1 },
    })
    const taken = tally.take()
    expect(taken?.causes).toMatchObject({ reads: 1, workspaces: { tracked: [] }, missing: { tracked: [] } })
  })
})
