import { z } from 'zod'

/**
 * `GET /dashboard/config.json`: what the dashboard's page has to know before anybody has signed in. Public by decision:
 * a project's URL and its publishable key are made to stand in browsers; what may be seen is decided by the user's token.
 */
export const dashboardConfigSchema = z.object({
  /** Where Supabase Auth signs in, and null for both where no sign-in is configured. */
  supabase_url: z.string().nullable(),
  publishable_key: z.string().nullable(),
})
export type DashboardConfig = z.output<typeof dashboardConfigSchema>
