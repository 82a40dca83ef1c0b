import type { Effect, RunningJob } from '../../../origin/queues/handler.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'

interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

type Answers = (text: string, values: readonly unknown[]) => unknown

/** A job that runs, whose effects see a database that answers as the test says, and what was asked of it. */
export function createRunningJob(fields: Partial<RunningJob>, answers: Answers = () => null) {
  const effects: Statement[] = []
  const job: RunningJob = {
    queue: 'webhooks',
    id: 'w1~job',
    name: 'deliver',
    workspaceId: workspaceIdSchema.parse('w1'),
    data: {},
    dueAtMs: Date.parse('2026-01-02T03:04:05.000Z'),
    attempt: 1,
    attemptsMax: 3,
    run: 1,
    signal: new AbortController().signal,
    progress: async () => {},
    once: async (effect) => {
      const client = {
        async query(text: string, values: readonly unknown[] = []) {
          effects.push({ text, values })
          return { rows: [{ value: answers(text, values), deliveries: answers(text, values) }] }
        },
      }
      return { status: 'done', value: await effect(client as unknown as Parameters<typeof effect>[0]) }
    },
    ...fields,
  }
  return { job, effects }
}

/** The `once` of a job that somebody else has done, or whose time is over. */
export const onceAs =
  (status: Exclude<Effect<never>['status'], 'done'>): RunningJob['once'] =>
  async () => ({ status })
