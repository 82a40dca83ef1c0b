import { expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { createDeedLog } from '../../../worker/deployment/deeds/deed-log.ts'
import { createSqlStorage } from '../../support/book-storage.ts'

const by = { kind: 'user', userId: 'user-1', workspaceId: '15213' } as const

it('the deeds of operators are remembered with who did them, the newest first, and the oldest are forgotten', () => {
  const storage = createSqlStorage()
  const log = createDeedLog(storage)
  expect(log.latest()).toEqual([])
  for (let number = 0; number < limits.deedsKeptMax + 5; number += 1)
    log.note({ deed: 'warm-cache', workspaceId: String(number), by }, number)
  log.note({ deed: 'invalidate', workspaceId: 'w1', by }, 1_795_665_792_046)
  const deeds = log.latest()
  expect(deeds).toHaveLength(limits.deedsShownMax)
  expect(deeds[0]).toEqual({
    ...{ deed: 'invalidate', workspaceId: 'w1', by, at: '2026-11-26T04:03:12.046Z' },
  })
  expect([...storage.sql.exec('select count(*) as kept from operator_deeds')]).toEqual([
    { kept: limits.deedsKeptMax },
  ])
  // Another process reads the same storage.
  expect(createDeedLog(storage).latest()).toEqual(deeds)
})
