import { z } from 'zod'
import { limits } from '../../../shared/limits.ts'
import { thread } from '../../../shared/resources/communications/thread.ts'
import { ok } from '../../../shared/result.ts'
import { defineLoader } from '../loader.ts'
import { readThread, readThreadCommunication } from './communication-rows.ts'

const resultSchema = z.object({
  thread: z.unknown(),
  communications: z.array(z.unknown()).max(limits.threadCommunicationsMax),
  has_more: z.boolean(),
})

/** Loads a thread with its newest communications. */
export const threadLoader = defineLoader(thread, async ({ id }, { workspaceId, query, noteUnfit }) => {
  const queried = await query(resultSchema, 'thread', { p_workspace: workspaceId, p_thread: id })
  if (!queried.ok) return queried
  const { communications, has_more } = queried.value
  return ok({
    thread: readThread(queried.value.thread, noteUnfit),
    communications: communications.map((row) => readThreadCommunication(row, noteUnfit)),
    has_more,
  })
})
