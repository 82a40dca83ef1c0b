import { z } from 'zod'
import { isRegion, parsePhone, phoneKeysOf } from '../../shared/contact-points/phone.ts'
import type { CallOutcome, StoredCall } from '../../shared/contract/voice.ts'
import { contactIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Deliver } from '../contacts/contact-writer.ts'
import type { Queries } from '../database/queries.ts'
import type { Failure } from '../failures.ts'
import { outboxRowsSchema, parseOutboxRows } from '../outbox/outbox.ts'

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
  z.object({ status: z.literal('known') }),
  z.object({ status: z.literal('ignored') }),
])

/** The share of the writes' places that all calls take, because their workspace is known only from the database. */
const asPlatform = {
  queryClass: 'writes',
  workspaceId: null,
  callerKey: 'voice platform',
  callerToken: null,
} as const

export function createEndedCallWriter(queries: Queries, deliver: Deliver): EndedCallWriter {
  return {
    async store({ calledPhone, callerPhone, ...call }) {
      const found = await queries.perform({
        ...asPlatform,
        name: 'organization-by-phone',
        perform: (query) => query(organizationSchema, 'organization_by_phone', { p_phone: calledPhone }),
      })
      if (!found.ok && found.error.kind === 'not_found') return ignored('organization_unknown')
      if (!found.ok) return found
      const { workspace_id: workspaceId, region } = found.value.organization
      const caller = parsePhone(callerPhone, isRegion(region) ? region : null)
      if (!caller.ok) return ignored('caller_unknown')
      const stored = await queries.perform({
        ...asPlatform,
        name: 'ended-call',
        workspaceId,
        perform: (query) =>
          query(storedSchema, 'ended_call_store', {
            p_workspace: workspaceId,
            p_phone: caller.value,
            p_keys: isRegion(region) ? phoneKeysOf(caller.value, region) : [caller.value],
            p_call: call,
          }),
      })
      if (!stored.ok) {
        return stored.error.kind === 'not_found' ? ignored('organization_unknown') : err(stored.error)
      }
      const conversation = { conversation_id: call.callId }
      if (stored.value.status === 'known') return ok({ status: 'known', ...conversation })
      if (stored.value.status === 'ignored') return ignored('no_board')
      const { contact, isNew, outbox } = stored.value
      const version = await deliver(parseOutboxRows(outbox).rows)
      const invalidation = version === null ? 'pending' : 'done'
      return ok({
        ...{ status: 'stored', ...conversation, lead_id: contact, is_new_lead: isNew },
        ...{ version, invalidation },
      })
    },
  }
}

function ignored(reason: Extract<CallOutcome, { status: 'ignored' }>['reason']): Result<CallOutcome, never> {
  return ok({ status: 'ignored', reason })
}
