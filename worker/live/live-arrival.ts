import { z } from 'zod'
import { userIdSchema, versionSchema, workspaceIdSchema } from '../../shared/ids.ts'

/** The header of the Worker's request with which it brings a client to a hub. Clients never reach a hub by themselves. */
export const arrivalHeader = 'X-Live-Arrival'

/** A client that the Worker's door has let in, and the hub that it is brought to. */
export const liveArrivalSchema = z.object({
  hub: z.object({ name: z.string(), workspaceId: workspaceIdSchema, location: z.string() }),
  joining: z.object({
    userId: userIdSchema,
    tokenExpiresAtMs: z.number(),
    memberAt: z.object({ ledgerId: z.string(), version: versionSchema }),
  }),
})
export type LiveArrival = z.output<typeof liveArrivalSchema>
