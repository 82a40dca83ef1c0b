import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import { deploymentId } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { pauseAfterLoss } from '../../database/lost-to-another.ts'
import { isDatabaseOutage } from '../database-outage.ts'
import type { JobFailure, JobHandler, RunningJob } from '../handler.ts'
import type { QueueDatabase } from '../queue-database.ts'
import { scheduledNames } from '../queues.ts'
import { performOnce } from './effects.ts'

interface EmailsInParts {
  readonly database: QueueDatabase
  readonly clock: Clock
  readonly random: () => number
}

/** The id of the message's row, whose contents never leave the database. */
const jobSchema = z.strictObject({ id: z.uuid() })

const ranSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('done'), communicationId: z.string() }),
  z.object({ outcome: z.enum(['known', 'not_found']) }),
])

/** The rows that one round of the upkeep takes at most, and its rounds. */
const upkeepRowsMax = 1_000
const upkeepRoundsMax = 20

/**
 * The jobs of the queue `emails-in`:
 *
 *   process  {id}: makes the communication of a message that was queued
 *   upkeep   brings back messages that lost their job, and sums up the counts of hours that are over; on schedule
 *
 * A message is locked while its job runs, so it becomes one communication whatever runs it and how often.
 */
export function createEmailsInHandler(parts: EmailsInParts): JobHandler {
  return (job) =>
    job.name === scheduledNames.mailUpkeep && job.workspaceId === deploymentId
      ? keepUp(parts.database, job)
      : processMessage(parts, job)
}

async function processMessage(parts: EmailsInParts, job: RunningJob): ReturnType<JobHandler> {
  const parsed = jobSchema.safeParse(job.data)
  if (!parsed.success) return err({ kind: 'permanent', reason: 'the job names no message' })
  const { id } = parsed.data
  try {
    const ran = await runUntilDecided(parts, job, id)
    // Null: an earlier run made it.
    return ran.ok ? ok({ id, communicationId: ran.value?.communicationId ?? null }) : ran
  } catch (error) {
    // An outage spends no attempt. A run that is ended from outside may be followed by another; if it is not, the upkeep finds the message.
    const isLast = job.attempt >= job.attemptsMax && !isDatabaseOutage(error)
    if (isLast && !job.signal.aborted) await giveUp(parts.database, job, id)
    throw error
  }
}

type Ran = Result<{ readonly communicationId: string | null } | null, JobFailure>

/** A transaction that lost a race wrote nothing, so it is tried again at once. */
async function runUntilDecided({ clock, random }: EmailsInParts, job: RunningJob, id: string): Promise<Ran> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await performOnce(job, async (database) => {
        const { rows } = await database.query<{ ran: unknown }>(
          'select private.run_mail_job($1, $2) as ran',
          [job.workspaceId, id],
        )
        const ran = ranSchema.parse(rows[0]?.ran)
        if (ran.outcome === 'not_found')
          return err({ kind: 'permanent', reason: 'there is no such message' } as const)
        return ok({ communicationId: ran.outcome === 'done' ? ran.communicationId : null })
      })
    } catch (error) {
      if (attempt === limits.mailAttemptsMax || job.signal.aborted || !isLost(error)) throw error
    }
    await pauseAfterLoss({ clock, random }, attempt)
  }
}

/** Postgres's codes for a row that somebody else made, or removed, at the same moment. Effects are tried again after a deadlock anyway. */
const lostRaces: ReadonlySet<unknown> = new Set(['23503', '23505'])

function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && lostRaces.has(error.code)
}

/** Without the database the message stays in the queue, where the upkeep finds it. */
async function giveUp(database: QueueDatabase, { workspaceId }: RunningJob, id: string): Promise<void> {
  await database.query('select private.give_up_mail($1, $2)', [workspaceId, id]).catch(() => undefined)
}

async function keepUp(database: QueueDatabase, { signal }: RunningJob): ReturnType<JobHandler> {
  let recovered = 0
  let tidied = 0
  for (let round = 0; round < upkeepRoundsMax; round += 1) {
    signal.throwIfAborted()
    const [row] = await database.query<{ recovered: number; tidied: number }>(
      'select private.recover_mail($1) as recovered, private.tidy_mail($1) as tidied',
      [upkeepRowsMax],
    )
    if (row === undefined) break
    recovered += row.recovered
    tidied += row.tidied
    if (row.recovered < upkeepRowsMax && row.tidied < upkeepRowsMax) break
  }
  return ok({ recovered, tidied })
}
