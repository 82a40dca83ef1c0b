import { z } from 'zod'

/**
 * `GET /dashboard/config.json`: what the dashboard's page needs before anybody has signed in. Public on purpose: a
 * project's URL and its publishable key are made for browsers, and the user's token decides what may be seen.
 */
export const dashboardConfigSchema = z.object({
  /** The project in which Supabase Auth signs users in; both are null if no sign-in is configured. */
  supabase_url: z.string().nullable(),
  publishable_key: z.string().nullable(),
  /** Whether this is a local stack, whose users get a page about what to try when they have signed in. */
  is_local: z.boolean().default(false),
})
export type DashboardConfig = z.output<typeof dashboardConfigSchema>
