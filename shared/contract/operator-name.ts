import { z } from 'zod'

/** `internal-key`, or the user and the workspace that made them an operator. */
const operatorShape = {
  kind: z.enum(['internal-key', 'user']),
  userId: z.string().nullable(),
  workspaceId: z.string().nullable(),
}

/** An operator, as the record of an action names them. */
export const operatorNameSchema = z.object(operatorShape)
export type OperatorName = z.output<typeof operatorNameSchema>

/** The columns by which a record of actions names its operator. */
export const operatorColumns = {
  kind: operatorShape.kind,
  user_id: operatorShape.userId,
  workspace_id: operatorShape.workspaceId,
}
