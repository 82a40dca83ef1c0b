import { z } from 'zod'
import type { InboundEmail, SenderFacts } from '../../shared/contract/inbound-email.ts'
import {
  type MailAllowance,
  type MailFigures,
  type MailQueue,
  type MailSettings,
  mailAllowanceSchema,
  mailCountsSchema,
  type mailDomainsSchema,
  type mailEdgeCountsBody,
  mailListSchema,
  mailQueueSchema,
  type mailSettingsChangeSchema,
  mailSettingsSchema,
} from '../../shared/contract/inbound-email-figures.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { RpcArguments } from '../database/database.ts'
import type { Queries } from '../database/queries.ts'
import type { Failure } from '../failures.ts'
import type { Writer } from '../outbox/delivered-writes.ts'

type Answer<Value> = Promise<Result<Value, Failure>>

/** The figures of inbound e-mail, of a workspace or, with null, of all; and the limits of a workspace. */
export interface MailDesk {
  figures(workspaceId: WorkspaceId | null, days: number): Answer<MailFigures>
  /** Of a day in UTC, such as `2026-11-26`; null is today. */
  domains(workspaceId: WorkspaceId | null, day: string | null): Answer<z.output<typeof mailDomainsSchema>>
  queue(workspaceId: WorkspaceId | null): Answer<MailQueue>
  list(workspaceId: WorkspaceId | null, state: string | null): Answer<z.output<typeof mailListSchema>>
  allowance(workspaceId: WorkspaceId, sender: string): Answer<MailAllowance>
  countEdge(report: z.output<typeof mailEdgeCountsBody.schema>): Answer<{ isNew: boolean }>
  settings(writer: Writer): Answer<MailSettings>
  changeSettings(writer: Writer, change: z.output<typeof mailSettingsChangeSchema>): Answer<MailSettings>
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

const periodSchema = mailCountsSchema.extend({
  kind: z.enum(['daily', 'hourly']),
  period: z.int(),
  duplicatesByRedis: z.int(),
  limitedByRedis: z.int(),
  processingMs: z.number(),
  processingMsMax: z.number(),
  slow: z.int(),
})
type Period = z.output<typeof periodSchema>

const figuresSchema = z.object({ hour: z.int(), periods: z.array(periodSchema) })
const domainsSchema = z.object({
  dayNumber: z.int(),
  domains: z.array(
    mailCountsSchema.pick({ received: true, duplicates: true, limited: true }).extend({ domain: z.string() }),
  ),
})

export function createMailDesk(
  queries: Queries,
  factsOf: (from: InboundEmail['from']) => SenderFacts,
): MailDesk {
  function call<Schema extends z.ZodType>(
    {
      callerToken,
      callerKey,
      workspaceId,
    }: Pick<Writer, 'callerToken' | 'callerKey'> & {
      readonly workspaceId: WorkspaceId | null
    },
    schema: Schema,
    functionName: string,
    args: RpcArguments,
  ): Answer<z.output<Schema>> {
    return queries.perform({
      ...{ name: 'inbound-email', queryClass: 'reads', workspaceId, callerKey, callerToken },
      perform: (query) => query(schema, functionName, args),
    })
  }
  const asked = (workspaceId: WorkspaceId | null) => ({
    workspaceId,
    ...{ callerKey: 'mail figures', callerToken: null },
  })

  return {
    async figures(workspaceId, days) {
      const args = { p_workspace: workspaceId, p_days: days }
      const found = await call(asked(workspaceId), figuresSchema, 'inbound_email_figures', args)
      return found.ok ? ok(figuresOf(found.value)) : found
    },
    async domains(workspaceId, day) {
      const p_day = day === null ? null : Date.parse(`${day}T00:00:00Z`) / dayMs
      const args = { p_workspace: workspaceId, p_day }
      const found = await call(asked(workspaceId), domainsSchema, 'inbound_email_domains', args)
      if (!found.ok) return found
      const { dayNumber, domains } = found.value
      return ok({ day: dayOf(dayNumber), domains })
    },
    queue: (workspaceId) =>
      call(asked(workspaceId), mailQueueSchema, 'inbound_email_queue', { p_workspace: workspaceId }),
    list: (workspaceId, state) =>
      call(asked(workspaceId), mailListSchema, 'inbound_email_list', {
        p_workspace: workspaceId,
        p_state: state,
      }),
    allowance(workspaceId, sender) {
      const { domain, isFreeMail } = factsOf({ address: sender, name: null })
      return call(asked(workspaceId), mailAllowanceSchema, 'inbound_email_allowance', {
        ...{ p_workspace: workspaceId, p_sender: sender },
        ...{ p_domain: domain, p_is_free_mail: isFreeMail },
      })
    },
    countEdge: ({ id, counts }) =>
      call(asked(null), z.object({ isNew: z.boolean() }), 'inbound_email_count_edge', {
        p_report: id,
        p_counts: counts,
      }),
    settings: (writer) =>
      call(writer, mailSettingsSchema, 'inbound_email_settings', { p_workspace: writer.workspaceId }),
    changeSettings: (writer, change) =>
      call(writer, mailSettingsSchema, 'inbound_email_settings_change', {
        p_workspace: writer.workspaceId,
        p_change: change,
      }),
  }
}

function dayOf(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10)
}

function figuresOf({ hour, periods }: z.output<typeof figuresSchema>): MailFigures {
  const days = periods.filter(({ kind }) => kind === 'daily')
  const hours = periods.filter(({ kind }) => kind === 'hourly')
  const firstOfToday = Math.floor(hour / 24) * 24
  return {
    daily: Object.fromEntries(days.map((each) => [dayOf(each.period), countsOf(each)])),
    hourlyToday: Object.fromEntries(
      hours
        .filter(({ period }) => period >= firstOfToday)
        .map((each) => [`${each.period % 24}`.padStart(2, '0'), countsOf(each)]),
    ),
    hours: hours.map((each) => ({
      ...countsOf(each),
      from: new Date(each.period * hourMs).toISOString(),
    })),
  }
}

function countsOf(period: Period) {
  const { received, processed, failed, duplicates, limited, queued } = period
  const { duplicatesByRedis, limitedByRedis, processingMs, processingMsMax, slow } = period
  return {
    ...{ received, processed, failed, duplicates, limited, queued, duplicatesByRedis, limitedByRedis },
    processing: {
      meanMs: processed === 0 ? 0 : Math.round((processingMs / processed) * 100) / 100,
      maxMs: Math.round(processingMsMax * 100) / 100,
      slow,
    },
  }
}
