import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { pause } from '../../shared/clock.ts'
import type { mailEdgeCountsBody } from '../../shared/contract/inbound-email-figures.ts'
import { inboundEmailRoutes } from '../../shared/contract/inbound-email-routes.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Origin } from '../outbound/origin-client.ts'

type Report = z.output<typeof mailEdgeCountsBody.schema>
type Count = Report['counts'][number]

/** A message that was answered by what Redis knows. */
interface AnsweredMail {
  readonly kind: 'duplicates' | 'limited'
  readonly workspaces: readonly WorkspaceId[]
  readonly senderDomain: string | null
}

/**
 * Counts the messages that the database never saw, and reports them behind the answers, so that the figures of inbound e-mail have
 * them. A report is sent again under its id, so it counts once. An isolate that ends loses what it has not reported, of about a second.
 */
export interface EdgeCounts {
  count(answered: AnsweredMail): void
  /** For `waitUntil`: reports soon. Null if another request does it, or there is nothing to report. Never rejects. */
  reportSoon(): Promise<void> | null
}

const hourMs = 3_600_000
/** Someone who has been silent for this long is gone: the platform has cut off its I/O. */
const reporterLostMs = 30_000
const answerSchema = z.object({ isNew: z.boolean() })

export function createEdgeCounts(
  origin: Pick<Origin, 'write'>,
  clock: Clock,
  newId: () => string = () => crypto.randomUUID(),
): EdgeCounts {
  let counts = new Map<string, Count>()
  let unsettled: Report | null = null
  let reportingSinceMs: number | null = null

  function add(workspaceId: WorkspaceId, senderDomain: string | null, kind: AnsweredMail['kind']): void {
    const at = new Date(Math.floor(clock.now() / hourMs) * hourMs).toISOString()
    const keyOf = (domain: string | null) => JSON.stringify([workspaceId, domain, at])
    // A report has room for a number of domains. The messages of others count without one.
    const isNamed = counts.has(keyOf(senderDomain)) || counts.size < limits.mailEdgeCountsMax
    const domain = isNamed ? senderDomain : null
    const none = { workspaceId, at, senderDomain: domain, duplicates: 0, limited: 0 }
    const count = counts.get(keyOf(domain)) ?? none
    counts.set(keyOf(domain), { ...count, [kind]: count[kind] + 1 })
  }

  function nextReport(): Report | null {
    if (unsettled === null && counts.size > 0) {
      const all = [...counts]
      unsettled = { id: newId(), counts: all.slice(0, limits.mailEdgeCountsMax).map(([, count]) => count) }
      counts = new Map(all.slice(limits.mailEdgeCountsMax))
    }
    return unsettled
  }

  async function send(report: Report): Promise<boolean> {
    const { method, path } = inboundEmailRoutes.countMailAtEdge
    const caller = { kind: 'service', userId: null, requestId: report.id } as const
    const sent = await origin.write(answerSchema, { method, path, body: report }, caller)
    if (sent.ok && unsettled === report) unsettled = null
    return sent.ok
  }

  async function report(): Promise<void> {
    for (let tried = 0; tried < limits.mailReportTriesMax; tried += 1) {
      await pause(clock, limits.mailReportPauseMs)
      const next = nextReport()
      if (next === null) break
      await send(next)
    }
    reportingSinceMs = null
  }

  return {
    count({ kind, workspaces, senderDomain }) {
      for (const workspaceId of workspaces) add(workspaceId, senderDomain, kind)
    },
    reportSoon() {
      const nowMs = clock.now()
      const isReporting = reportingSinceMs !== null && nowMs - reportingSinceMs < reporterLostMs
      if (isReporting || (counts.size === 0 && unsettled === null)) return null
      reportingSinceMs = nowMs
      return report()
    },
  }
}
