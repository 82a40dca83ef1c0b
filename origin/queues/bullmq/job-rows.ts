import { z } from 'zod'
import type { QueueName } from '../../../shared/contract/queue-names.ts'
import { scopeIdSchema, type WorkspaceId } from '../../../shared/ids.ts'
import { type Job, jobStates } from '../job-queues.ts'

/** A job's data as it is stored. The workspace stands beside the input, so that no input can name another one. */
const dataSchema = z.object({ workspaceId: scopeIdSchema, input: z.unknown() })

/** Reads stored data; null if another program added the job and it names no workspace. */
export function parseJobData(
  data: unknown,
): { readonly workspaceId: WorkspaceId; readonly input: unknown } | null {
  const parsed = dataSchema.safeParse(data)
  return parsed.success ? parsed.data : null
}

export function jobDataOf(workspaceId: WorkspaceId, input: unknown) {
  return { workspaceId, input }
}

/** The expression that the indexes of schema.ts have. */
export const workspaceOfJob = `left(coalesce(j.data ->> 'workspaceId', ''), 128) collate "C"`

export const jobColumns = `j.id, j.name, j.state::text as state, j.data, j.priority, j.attempts_made, j.max_attempts, j.added_at_ms,
  j.process_at_ms, j.processed_at_ms, j.finished_at_ms, j.progress, j.failed_reason, j.return_value, j.seq`

/** pg gives a bigint as text. */
const instantMs = z.coerce.number().nullable()

export const jobRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(jobStates),
  data: z.unknown(),
  priority: z.int(),
  attempts_made: z.int(),
  max_attempts: z.int(),
  added_at_ms: z.coerce.number(),
  process_at_ms: instantMs,
  processed_at_ms: instantMs,
  finished_at_ms: instantMs,
  progress: z.unknown(),
  failed_reason: z.string().nullable(),
  return_value: z.unknown(),
  seq: z.string(),
})

type JobRow = z.output<typeof jobRowSchema>

const progressSchema = z.number().min(0).max(1)

/** Null for a job of another program that names no workspace: nobody may see it. */
export function jobOf(queue: QueueName, row: JobRow): Job | null {
  const data = parseJobData(row.data)
  if (data === null) return null
  const progress = progressSchema.safeParse(row.progress)
  return {
    id: row.id,
    queue,
    name: row.name,
    workspaceId: data.workspaceId,
    state: row.state,
    input: data.input,
    priority: row.priority,
    attempts: { made: row.attempts_made, max: row.max_attempts },
    addedAtMs: row.added_at_ms,
    dueAtMs: row.state === 'delayed' ? row.process_at_ms : null,
    startedAtMs: row.processed_at_ms,
    finishedAtMs: row.finished_at_ms,
    progress: progress.success ? progress.data : 0,
    failedReason: row.failed_reason,
    result: row.return_value,
  }
}
