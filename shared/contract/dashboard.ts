import { z } from 'zod'

/**
 * `GET /dashboard/config.json`: what the dashboard's page needs before anybody has signed in. Public on purpose: a
 * project's URL and its publishable key are made for browsers, and the user's token decides what may be seen.
 */
export const dashboardConfigSchema = z.object({
  /** The project in which Supabase Auth signs users in; both are null if no sign-in is configured. */
  supabase_url: z.string().nullable(),
  publishable_key: z.string().nullable(),
})
export type DashboardConfig = z.output<typeof dashboardConfigSchema>
