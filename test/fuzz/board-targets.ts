import { queueNames } from '../../shared/contract/queue-names.ts'
import type { Known } from './json-samples.ts'
import type { Target } from './targets.ts'

/** The board of the queues has routes of Bull Board's and of its login, which no declaration names. */
const board = '/admin/queues'

const bare = { side: 'origin', query: {}, required: [], bodies: [], isLines: false, isOpen: false } as const
const words = (...texts: readonly string[]) => ({ type: 'string', enum: texts }) as const

const values: Known = {
  queue: queueNames,
  state: ['wait', 'prioritized', 'delayed', 'completed', 'failed', 'active'],
  id: ['15213~job-1', '15213~job-2', 'none'],
}

export function boardTargets(): Target[] {
  const target = (method: string, path: string, more: Partial<Target> = {}): Target => ({
    ...bare,
    ...{ method, path: `${board}${path}`, isBoard: true, values },
    ...more,
  })
  const change = (path: string) => target('PUT', `/api/queues${path}`)
  return [
    target('GET', ''),
    target('GET', '/login', { isOpen: true }),
    target('POST', '/login', { isOpen: true, form: ['username', 'password'] }),
    target('GET', '/logout'),
    target('POST', '/logout'),
    target('GET', '/api/queues', {
      query: {
        activeQueue: words(...queueNames),
        status: words('latest', 'failed', 'delayed', 'prioritized', 'completed'),
        page: { type: 'integer' },
        jobsPerPage: { type: 'integer' },
      },
    }),
    target('GET', '/api/queues/{queue}/{id}'),
    target('GET', '/api/queues/{queue}/{id}/logs'),
    ...['/pause', '/resume', '/{queue}/pause', '/{queue}/resume', '/{queue}/retry/failed'].map(change),
    ...['/{queue}/clean/{state}', '/{queue}/{id}/retry', '/{queue}/{id}/promote', '/{queue}/{id}/clean'].map(
      change,
    ),
    target('POST', '/api/queues/{queue}/add', { bodies: [{ type: 'object' }] }),
  ]
}
