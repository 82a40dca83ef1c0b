import { z } from 'zod'
import { limits } from '../limits.ts'
import { text } from '../text.ts'

/** The days of a week, as working hours name them. */
export const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 09:00')
/** The end of a span may be the end of the day. */
const endOfSpan = z
  .string()
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a time such as 17:00, or 24:00')

/** The spans of a day, each from its first to its second time. */
export const workingDaySchema = z.array(z.tuple([timeOfDay, endOfSpan])).max(limits.workingSpansPerDayMax)

/** Working hours by the day of the week, in the workspace's time zone. A day without an entry is a day off. */
export const workingHoursSchema = z
  .partialRecord(z.enum(dayNames), workingDaySchema)
  .meta({ examples: [{ mon: [['09:00', '17:00']] }] })

/** The channels on which the voice agent greets a lead. */
export const greetingChannels = ['voice', 'web', 'whatsapp', 'email'] as const

export const greetingTemplateSchema = text(1, limits.greetingCharactersMax)

/** A greeting's template for each channel. A channel without one has the product's own template. */
export const greetingsSchema = z.partialRecord(z.enum(greetingChannels), greetingTemplateSchema)

/** A workspace's configuration, as it is answered. */
export const workspaceConfigurationSchema = z.object({
  /** BCP 47. */
  language: text(2, limits.languageCharactersMax),
  /** ISO 3166: the country of phone numbers that name none. */
  region: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .meta({ examples: ['US'] }),
  /** A name of the IANA time zone database. */
  time_zone: text(1, limits.timeZoneCharactersMax),
  working_hours: workingHoursSchema,
  greetings: greetingsSchema,
  /** Null if the workspace has no configuration of its own, and the defaults are in force. */
  updated_at: z.iso.datetime({ offset: true }).nullable(),
})
export type WorkspaceConfiguration = z.output<typeof workspaceConfigurationSchema>

/** The configuration of a workspace that has none of its own. The columns of the table have the same defaults. */
export const defaultWorkspaceConfiguration: WorkspaceConfiguration = {
  language: 'en',
  region: 'US',
  time_zone: 'UTC',
  working_hours: {},
  greetings: {},
  updated_at: null,
}
