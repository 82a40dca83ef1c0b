import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import type { JobHandler } from '../../../origin/queues/handler.ts'
import type { Marks } from '../../../origin/queues/marks.ts'
import { type RunEnd, runJob } from '../../../origin/queues/run-job.ts'
import { systemClock } from '../../../shared/clock.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { ok } from '../../../shared/result.ts'

const run = {
  queue: 'messages',
  id: '15213~a',
  name: 'send',
  workspaceId: workspaceIdSchema.parse('15213'),
  input: null,
  dueAtMs: 0,
  attempt: 1,
  attemptsMax: 3,
  run: 1,
  progress: async () => undefined,
} as const

const marks: Marks = {
  once: () => Promise.reject(new Error('this job has no effect')),
  giveUp: async () => 'given_up',
}

const handlers: Readonly<Record<string, JobHandler>> = {
  'is done': async () => ok(null),
  fails: () => Promise.reject(new Error('a fault')),
  'heeds its signal': ({ signal }) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(ok(null)))
    }),
}

test.each([
  ['is done', null],
  ['fails', null],
  ['heeds its signal', 'cancelled' satisfies RunEnd],
  ['heeds its signal', 'shutdown' satisfies RunEnd],
])('a run that %s leaves nobody who listens to its signal (%s)', async (name, reason) => {
  const ending = new AbortController()
  const { signal } = ending
  const handler = handlers[name]
  if (handler === undefined) throw new Error('there is no such handler')
  const parts = { handler, marks, clock: systemClock, runMaxMs: 60_000, signal, onFault: () => undefined }
  const running = runJob(parts, run)
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  if (reason !== null) ending.abort(reason)
  await running
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
