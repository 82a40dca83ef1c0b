import { z } from 'zod'
import { callIdSchema } from '../../ids.ts'
import { jsonObject } from '../../json-object.ts'
import { thingTags, workspaceTag } from '../../tags/tags.ts'
import { defineResource } from '../resource.ts'
import { storedId, storedInstant } from '../stored-values.ts'

const path = z.strictObject({ id: callIdSchema })

/** The agent's own notes of a call. */
const stateSchema = jsonObject().meta({ type: 'object', examples: [{ step: 'offer', language: 'en' }] })

/** The state of a call in progress (SPEC 9). */
export const callSession = defineResource({
  name: 'call-session',
  summary: 'The state of a call in progress',
  description:
    '`state` is what the voice agent keeps during the call, as it was written. A write is seen by its writer at once, and by everybody within the staleness bound.',
  route: '/api/calls/{id}/session',
  path,
  query: z.strictObject({}),
  params: path,
  data: z.object({
    id: storedId,
    contact_id: storedId.nullable(),
    state: stateSchema,
    started_at: storedInstant,
    updated_at: storedInstant,
  }),
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 3_600,
  toggle: true,
  absence: { code: 'not_found', sentence: 'There is no such call in this workspace.' },
  paramsOf: ({ id }) => ({ id }),
  tags: ({ id }) => [workspaceTag, ...thingTags('call', id)],
  example: {
    path: { id: 'call_0042' },
    query: {},
    data: {
      id: 'call_0042',
      contact_id: 'contact_000042',
      state: { step: 'offer', language: 'en' },
      started_at: '2026-01-31T12:00:00.000000+00:00',
      updated_at: '2026-01-31T12:01:30.000000+00:00',
    },
  },
})
