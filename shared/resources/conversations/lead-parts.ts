import { z } from 'zod'
import { limits } from '../../limits.ts'
import { text } from '../../text.ts'
import { storedId, storedInstant } from '../stored-values.ts'

/** Parts that several answers about a lead have. Their bounds are those of the database. */

export const messageSchema = z.object({
  id: storedId,
  channel: z.enum(['voice', 'web', 'whatsapp', 'email', 'sms']),
  /** `inbound`: from the lead. */
  direction: z.enum(['inbound', 'outbound']),
  body: text(1, limits.messageCharactersMax),
  sent_at: storedInstant,
})
type Message = z.output<typeof messageSchema>

export const summarySchema = z.object({
  text: text(1, limits.summaryCharactersMax),
  /** The instant up to which the text summarizes. */
  as_of: storedInstant,
  /** The number of messages after `as_of`, counted up to 1,000. */
  messages_since: z.int().min(0).max(limits.messagesSinceMax),
})

export const controlSchema = z.object({
  answered_by: z.enum(['ai', 'human']),
  /** The person who answers, if it is known. */
  user_id: storedId.nullable(),
  /** Null if nobody ever took the lead over from the agent. */
  since: storedInstant.nullable(),
})

export const leadAbsence = {
  code: 'contact_not_found',
  sentence: 'There is no such lead in this workspace.',
} as const

export const messageExample: Message = {
  id: 'message_0042',
  channel: 'voice',
  direction: 'inbound',
  body: 'When can you deliver?',
  sent_at: '2026-01-31T12:00:00.000000+00:00',
}

export const summaryExample: z.output<typeof summarySchema> = {
  text: 'John asked for an offer and wants a delivery in March.',
  as_of: '2026-01-31T11:45:00.000000+00:00',
  messages_since: 1,
}

export const controlExample: z.output<typeof controlSchema> = {
  answered_by: 'human',
  user_id: '00000000-0000-4000-8000-000000000002',
  since: '2026-01-31T11:50:00.000000+00:00',
}
