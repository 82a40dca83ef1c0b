import { z } from 'zod'
import { contactBodies, contactDeletedSchema, contactWrittenSchema } from '../../shared/contract/contacts.ts'
import type { WireErrorCode } from '../../shared/contract/errors.ts'
import { contactIdSchema } from '../../shared/ids.ts'
import { ok } from '../../shared/result.ts'
import { enveloped, respondData, respondJson } from '../http/answers.ts'
import { defineRoute, type Route } from '../http/route.ts'

/*
 * Writes of contacts by browsers (shared/contract/contacts.ts). The origin makes each write in the caller's name, so that row
 * level security applies. The Worker admits the caller, counts the write against the limits, and refuses a body that the origin
 * would refuse. It sends each write to the origin once and never retries. The `version` in the answer is the one that the ledger
 * gave to the write.
 */

const contactPath = z.strictObject({ id: contactIdSchema })

const seenBy = 'A read that sends the `version` of the answer as `X-Min-Version` sees the write.'
const pendingIs =
  'If the ledger could not be reached in time, `version` is null and `invalidation` is `pending`: the write is committed, and its invalidation follows soon.'

const errors: readonly WireErrorCode[] = [
  'overloaded',
  'origin_unavailable',
  'origin_timeout',
  'write_unconfirmed',
]

const create = defineRoute({
  method: 'POST',
  path: '/api/contacts',
  summary: 'Create a contact',
  description: `A request with an \`id\` of your own can be sent again safely: the repetition gets 409 and creates no second contact. ${seenBy} ${pendingIs}`,
  access: 'member',
  takes: { body: contactBodies.creation },
  status: 201,
  gives: enveloped(contactWrittenSchema),
  errors: ['contact_exists', 'column_not_found', ...errors],
  async handle({ services, caller, input }) {
    const { workspaceId, caller: onBehalf } = caller
    const written = await services.origin.contacts.create(workspaceId, input.body, onBehalf)
    return written.ok ? ok(respondJson({ success: true, data: written.value }, 201)) : written
  },
})

const change = defineRoute({
  method: 'PATCH',
  path: '/api/contacts/{id}',
  summary: 'Change fields of a contact; omitted ones stay unchanged',
  description: `${seenBy} ${pendingIs}`,
  access: 'member',
  takes: { path: contactPath, body: contactBodies.change },
  gives: enveloped(contactWrittenSchema),
  errors: ['contact_not_found', ...errors],
  async handle({ services, caller, input }) {
    const { workspaceId, caller: onBehalf } = caller
    const written = await services.origin.contacts.change(workspaceId, input.path.id, input.body, onBehalf)
    return written.ok ? ok(respondData(written.value)) : written
  },
})

const remove = defineRoute({
  method: 'DELETE',
  path: '/api/contacts/{id}',
  summary: 'Delete a contact',
  description: `${seenBy} ${pendingIs}`,
  access: 'member',
  takes: { path: contactPath },
  gives: enveloped(contactDeletedSchema),
  errors: ['contact_not_found', ...errors],
  async handle({ services, caller, input }) {
    const { workspaceId, caller: onBehalf } = caller
    const removed = await services.origin.contacts.remove(workspaceId, input.path.id, onBehalf)
    return removed.ok ? ok(respondData(removed.value)) : removed
  },
})

const move = defineRoute({
  method: 'POST',
  path: '/api/contacts/{id}/move',
  summary: 'Move a contact to another column of its board or of another board',
  description: `${seenBy} ${pendingIs}`,
  access: 'member',
  takes: { path: contactPath, body: contactBodies.move },
  gives: enveloped(contactWrittenSchema),
  errors: ['contact_not_found', 'column_not_found', ...errors],
  async handle({ services, caller, input }) {
    const { workspaceId, caller: onBehalf } = caller
    const moved = await services.origin.contacts.move(workspaceId, input.path.id, input.body, onBehalf)
    return moved.ok ? ok(respondData(moved.value)) : moved
  },
})

export const contactRoutes: readonly Route[] = [create, change, remove, move]
