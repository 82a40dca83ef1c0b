import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { HonoAdapter } from '@bull-board/hono'
import { serveStatic } from '@hono/node-server/serve-static'
import type { Queue } from 'bullmq'
import { Hono } from 'hono'
import { z } from 'zod'
import { queueNameSchema } from '../../shared/contract/queue-names.ts'
import { queues as declarations } from '../queues/queues.ts'
import { outlineOf } from './data-outline.ts'

/** As private.add_job and the queues' own code write a job's data. */
const jobDataSchema = z.object({ workspaceId: z.string(), input: z.unknown() })

/** Bull Board's pages and reads below `path`. Its changes are the business of board-changes.ts. */
export function createBullBoardApp(queues: readonly Queue[], path: string): Hono {
  const adapter = new HonoAdapter(serveStatic)
  createBullBoard({
    queues: queues.map(adapterOf),
    serverAdapter: adapter,
    options: {
      uiConfig: {
        boardTitle: 'Boardcache queues',
        hideRedisDetails: true,
        miscLinks: [{ text: 'Sign out', url: `${path}/logout` }],
      },
    },
  })
  adapter.setBasePath(path)
  return new Hono().route(path, adapter.registerPlugin())
}

function adapterOf(queue: Queue): BullMQAdapter {
  const name = queueNameSchema.safeParse(queue.name)
  const isHere = name.success && declarations[name.data].runs === 'here'
  const description = isHere ? 'Runs in this deployment.' : "Runs at the CRM's own handler."
  const adapter = new BullMQAdapter(queue, { description })
  adapter.setFormatter('data', (data: unknown) => {
    const job = jobDataSchema.safeParse(data)
    return job.success
      ? { workspaceId: job.data.workspaceId, input: outlineOf(job.data.input) }
      : outlineOf(data)
  })
  return adapter
}
