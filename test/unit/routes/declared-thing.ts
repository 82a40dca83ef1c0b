import { z } from 'zod'
import { boardIdSchema } from '../../../shared/ids.ts'
import { defineResource } from '../../../shared/resources/resource.ts'

/** A resource that nothing but its declaration knows of: one question of the workspace, and one of each board. */
export const thing = defineResource({
  name: 'thing',
  summary: 'A thing',
  description: 'A thing of a workspace, or of one board.',
  route: '/api/things/{boardId}',
  path: z.strictObject({ boardId: boardIdSchema }),
  query: z.strictObject({}),
  params: z.strictObject({ boardId: boardIdSchema.nullable() }),
  data: z.object({ size: z.int() }),
  version: 1,
  callers: ['member'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 600,
  toggle: true,
  paramsOf: ({ boardId }) => ({ boardId }),
  tags: () => [],
  warm: ({ boardIds }) => [null, ...boardIds].map((boardId) => ({ boardId })),
  example: { path: { boardId: 'board_1' }, query: {}, data: { size: 1 } },
})
