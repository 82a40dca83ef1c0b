import { expect, it } from 'vitest'
import { mailEdgeCountsBody } from '../../../shared/contract/inbound-email-figures.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createEdgeCounts } from '../../../worker/inbound-email/edge-counts.ts'
import type { OriginWrite } from '../../../worker/outbound/origin-client.ts'
import { createFakeClock, settle } from '../../support/fake-clock.ts'

const workspace = workspaceIdSchema.parse('15213')
const duplicate = { kind: 'duplicates', workspaces: [workspace], senderDomain: 'example.com' } as const

function createWorld() {
  const clock = createFakeClock()
  const sent: OriginWrite[] = []
  let ids = 0
  const world = { clock, sent, isUp: true }
  const counts = createEdgeCounts(
    {
      async write(_schema, write) {
        sent.push(write)
        return world.isUp ? (ok({ isNew: true }) as never) : err({ code: 'origin_unavailable' })
      },
    },
    clock,
    () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
  )
  const reports = () => sent.map(({ body }) => mailEdgeCountsBody.schema.parse(body))
  return { ...world, world, counts, reports }
}

it('messages that Redis recognized are reported together, by workspace and domain', async () => {
  const { clock, counts, reports } = createWorld()
  const other = workspaceIdSchema.parse('15214')
  for (let time = 0; time < 3; time += 1) counts.count(duplicate)
  counts.count({ kind: 'limited', workspaces: [workspace, other], senderDomain: 'example.com' })
  const reporting = counts.reportSoon()
  await clock.advance(2 * limits.mailReportPauseMs)
  await reporting
  expect(reports()).toHaveLength(1)
  expect(reports()[0]?.counts).toMatchObject([
    { workspaceId: '15213', senderDomain: 'example.com', duplicates: 3, limited: 1 },
    { workspaceId: '15214', senderDomain: 'example.com', duplicates: 0, limited: 1 },
  ])
})

it('one request at a time carries the report, and without a count there is none', async () => {
  const { counts } = createWorld()
  expect(counts.reportSoon()).toBeNull()
  counts.count(duplicate)
  expect(counts.reportSoon()).not.toBeNull()
  expect(counts.reportSoon()).toBeNull()
})

it('a report that was not confirmed is sent again unchanged under its id, and nothing newer before it', async () => {
  const { clock, counts, world, reports } = createWorld()
  world.isUp = false
  counts.count(duplicate)
  const reporting = counts.reportSoon()
  await clock.advance(limits.mailReportPauseMs)
  counts.count(duplicate)
  world.isUp = true
  await clock.advance(3 * limits.mailReportPauseMs)
  await reporting
  const [first, second, third] = reports()
  expect(second).toEqual(first)
  expect(third?.id).not.toBe(first?.id)
  expect([first?.counts[0]?.duplicates, third?.counts[0]?.duplicates]).toEqual([1, 1])
})

it('a report waits while the origin is away, for as long as it takes, and tries a bounded number of times each time', async () => {
  const { clock, counts, world, sent, reports } = createWorld()
  world.isUp = false
  counts.count(duplicate)
  const reporting = counts.reportSoon()
  await clock.advance(60_000)
  await reporting
  expect(sent).toHaveLength(limits.mailReportTriesMax)
  world.isUp = true
  const again = counts.reportSoon()
  await clock.advance(2 * limits.mailReportPauseMs)
  await again
  await settle()
  expect(new Set(reports().map(({ id }) => id)).size).toBe(1)
  expect(counts.reportSoon()).toBeNull()
})

it('more domains than a report has room for are counted without their names, and none is lost', async () => {
  const { clock, counts, reports } = createWorld()
  const total = 3 * limits.mailEdgeCountsMax
  for (let index = 0; index < total; index += 1) {
    counts.count({ kind: 'duplicates', workspaces: [workspace], senderDomain: `d${index}.example` })
  }
  const reporting = counts.reportSoon()
  await clock.advance(4 * limits.mailReportPauseMs)
  await reporting
  const all = reports().flatMap((report) => report.counts)
  expect(all.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(total)
})
