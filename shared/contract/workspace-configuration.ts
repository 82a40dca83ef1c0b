import { z } from 'zod'
import { greetingChannelSchema } from '../greetings/greeting.ts'
import { storedLanguageSchema } from '../language.ts'
import { limits } from '../limits.ts'
import { workingHoursSchema } from '../local-time.ts'
import { text } from '../text.ts'

export const greetingTemplateSchema = text(1, limits.greetingCharactersMax)

/** A greeting's template for each channel. A channel without one has the product's own template. */
const greetingsSchema = z.partialRecord(greetingChannelSchema, greetingTemplateSchema)

/** A workspace's configuration, as it is answered. */
export const workspaceConfigurationSchema = z.object({
  /** BCP 47. */
  language: storedLanguageSchema,
  /** ISO 3166: the country of phone numbers that name none. */
  region: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .meta({ examples: ['US'] }),
  /** A name of the IANA time zone database. */
  time_zone: text(1, limits.timeZoneCharactersMax),
  /** By the day of the week, in the workspace's time zone. */
  working_hours: workingHoursSchema.meta({ examples: [{ mon: [['09:00', '17:00']] }] }),
  greetings: greetingsSchema,
  /** Null if the workspace has no configuration of its own, and the defaults are in force. */
  updated_at: z.iso.datetime({ offset: true }).nullable(),
})
type WorkspaceConfiguration = z.output<typeof workspaceConfigurationSchema>

/** The configuration of a workspace that has none of its own. The columns of the table have the same defaults. */
export const defaultWorkspaceConfiguration: WorkspaceConfiguration = {
  language: 'en',
  region: 'US',
  time_zone: 'UTC',
  working_hours: {},
  greetings: {},
  updated_at: null,
}
