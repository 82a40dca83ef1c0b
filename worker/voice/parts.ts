import { z } from 'zod'
import { contactIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import { workingHoursSchema } from '../../shared/local-time.ts'

/*
 * The members of the cached answers that a call needs. An answer without them is like one that could not be read: the call gets the
 * defaults.
 */

export const organizationSchema = z.object({
  workspace_id: workspaceIdSchema,
  name: z.string(),
  language: z.string(),
  region: z.string(),
  time_zone: z.string(),
})
export type Organization = z.output<typeof organizationSchema>
export const organizationAnswerSchema = z.object({ organization: organizationSchema })

export const configurationSchema = z.object({
  working_hours: workingHoursSchema,
  greetings: z.object({ voice: z.string().optional() }),
})
export type Configuration = z.output<typeof configurationSchema>

export const leadSchema = z.object({
  id: contactIdSchema,
  name: z.string(),
  language: z.string().nullable(),
  lead_status: z.string().nullable(),
  company: z.object({ name: z.string() }).nullable(),
})
export type Lead = z.output<typeof leadSchema>
export const leadAnswerSchema = z.object({ lead: leadSchema })

export const callContextSchema = z.object({
  /** The newest first. */
  last_messages: z.array(z.object({ direction: z.enum(['inbound', 'outbound']), body: z.string() })),
  summary: z.object({ text: z.string() }).nullable(),
  open_questions: z.array(z.string()),
  is_working_hours: z.boolean(),
  control: z.object({ answered_by: z.enum(['ai', 'human']) }),
})
export type CallContext = z.output<typeof callContextSchema>

export const greetingSchema = z.object({ text: z.string() })
export type Greeting = z.output<typeof greetingSchema>
