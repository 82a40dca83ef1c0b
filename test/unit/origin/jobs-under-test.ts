import type { WorkspaceId } from '../../../shared/ids.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { createStubQueues, type StubQueues } from '../../support/stub-queues.ts'
import { createOrigin, nowMs, read, tokenOf } from './origin-under-test.ts'
import { createPromptDatabase } from './stub-database.ts'

export const own = workspaceIdSchema.parse('15213')
export const other = workspaceIdSchema.parse('15214')
const operators = workspaceIdSchema.parse('operators')

/** The callers of the routes of jobs, by their tokens. */
export const admin = await tokenOf('ann', { '15213': 'admin' })
export const member = await tokenOf('bo', { '15213': 'member' })
export const stranger = await tokenOf('cy', {})
export const operator = await tokenOf('dee', { operators: 'admin' })
/** A member of the operators' workspace who is no admin there. */
export const humble = await tokenOf('eve', { operators: 'member' })

export interface Sent {
  readonly by?: string
  readonly workspace?: WorkspaceId | null
  readonly body?: unknown
  readonly method?: string
  readonly headers?: Record<string, string>
}

/** An origin with queues in memory, and the requests that callers send to its routes of jobs: the admin of 15213 by default. */
export function createJobsOrigin() {
  const queues: StubQueues = createStubQueues(nowMs)
  const origin = createOrigin({
    database: createPromptDatabase(() => null),
    operatorsWorkspaceId: operators,
    queueBackend: {
      queues,
      database: { query: () => Promise.reject(new Error('no database')) },
      boardQueues: () => [],
      close: async () => undefined,
    },
  })

  async function send(path: string, { by = admin, workspace = own, body, method, headers }: Sent = {}) {
    const response = await origin.app.request(`/api/v1/queues/${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        Authorization: `Bearer ${by}`,
        ...(workspace === null ? {} : { 'X-Workspace-ID': workspace }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return read(response)
  }

  const post = (path: string, sent: Sent = {}) => send(path, { method: 'POST', ...sent })
  return { ...origin, queues, send, post }
}
