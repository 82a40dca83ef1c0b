import { expect, it } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { versionSchema, workspaceIdSchema } from '../../shared/ids.ts'
import { workspaceTag } from '../../shared/tags/tags.ts'
import type { SharedChanges } from '../../worker/ledger/shared-views.ts'
import { createSharedViews } from '../../worker/ledger/shared-views.ts'

const workspaceId = workspaceIdSchema.parse('15213')
const version = (number: number) => versionSchema.parse(number)
const changes = (number: number): SharedChanges => ({
  ledgerId: 'ledger',
  version: version(number),
  birth: version(0),
  since: version(1),
  changes: [[workspaceTag, number]],
  provedAtMs: 0,
  calledAtMs: 1_750_000_000_000,
})

it("an isolate finds the changes that another one left in the location's edge cache: the latest, and only of its workspace", async () => {
  const one = createSharedViews(caches.default, systemClock)
  const other = createSharedViews(caches.default, systemClock)
  expect(await other.read(workspaceId)).toBeNull()
  await one.write(workspaceId, changes(4))
  await one.write(workspaceId, changes(5))
  expect(await other.read(workspaceId)).toEqual(changes(5))
  expect(await other.read(workspaceIdSchema.parse('15214'))).toBeNull()
})
