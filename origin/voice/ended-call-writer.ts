import { z } from 'zod'
import { parsePhone, phoneKeysOf, regionOf } from '../../shared/contact-points/phone.ts'
import type { CallOutcome, StoredCall } from '../../shared/contract/voice.ts'
import { contactIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Queries } from '../database/queries.ts'
import type { Failure } from '../failures.ts'
import type { DeliveredWrites } from '../outbox/delivered-writes.ts'
import { outboxRowsSchema } from '../outbox/outbox.ts'

/** Stores calls that have ended. If the Worker can be reached, it is invalidated before the answer. */
export interface EndedCallWriter {
  store(call: StoredCall): Promise<Result<CallOutcome, Failure>>
}

const organizationSchema = z.object({
  organization: z.object({ workspace_id: workspaceIdSchema, region: z.string() }),
})
const storedSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('stored'),
    contact: contactIdSchema,
    isNew: z.boolean(),
    outbox: outboxRowsSchema,
  }),
  z.object({ status: z.literal('known'), outbox: outboxRowsSchema.default([]) }),
  z.object({ status: z.literal('ignored'), outbox: outboxRowsSchema.default([]) }),
])

/** All calls take the turn of one caller: the organization of each is known only from the database. */
const platform = { callerKey: 'voice platform', callerToken: null } as const

export function createEndedCallWriter(queries: Queries, writes: DeliveredWrites): EndedCallWriter {
  return {
    async store({ calledPhone, callerPhone, ...call }) {
      const found = await queries.perform({
        ...platform,
        ...{ name: 'organization-by-phone', queryClass: 'writes', workspaceId: null },
        perform: (query) => query(organizationSchema, 'organization_by_phone', { p_phone: calledPhone }),
      })
      if (!found.ok) return orUnknown(found.error)
      const workspaceId = found.value.organization.workspace_id
      const region = regionOf(found.value.organization.region)
      const caller = parsePhone(callerPhone, region)
      if (!caller.ok) return ignored('caller_unknown')
      const stored = await writes.write(
        { ...platform, workspaceId },
        { name: 'ended-call', queryClass: 'writes' },
        storedSchema,
        'ended_call_store',
        {
          p_phone: caller.value,
          p_keys: phoneKeysOf(caller.value, region),
          p_call: call,
        },
      )
      if (!stored.ok) return orUnknown(stored.error)
      const { written, invalidated } = stored.value
      const conversation = { conversation_id: call.callId }
      if (written.status === 'known') return ok({ status: 'known', ...conversation })
      if (written.status === 'ignored') return ignored('no_board')
      const lead = { lead_id: written.contact, is_new_lead: written.isNew }
      return ok({ status: 'stored', ...conversation, ...lead, ...invalidated })
    },
  }
}

/** A number of no organization, or of one that vanished meanwhile, is no failure. */
function orUnknown(failure: Failure): Result<CallOutcome, Failure> {
  return failure.kind === 'not_found' ? ignored('organization_unknown') : err(failure)
}

function ignored(reason: Extract<CallOutcome, { status: 'ignored' }>['reason']): Result<CallOutcome, never> {
  return ok({ status: 'ignored', reason })
}
