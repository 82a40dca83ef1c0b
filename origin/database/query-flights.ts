import { isPersonal } from '../failures.ts'
import type { AnswerBytes, ShareableQueryJob } from './query-job.ts'

interface Flight {
  readonly callerToken: string | null
  readonly answer: Promise<AnswerBytes>
}

interface FlightsOptions {
  /** Runs a job for its own caller alone. */
  perform(job: ShareableQueryJob): Promise<AnswerBytes>
  /** Called for each job that joins one in flight. */
  onFollower(job: ShareableQueryJob): void
}

/** A caller follows this many jobs of others before it runs its own. */
const leadersMax = 2

/**
 * Runs one query for each key at a time and gives its answer to every caller of that key.
 *
 * The answer is what row level security gave to the first caller, under that caller's token. Sharing it is sound for
 * three reasons: the Worker, known by the internal key, has checked that each caller is a member of the workspace; an
 * answer that differs between users has the user in its key; and the SQL functions answer `forbidden`, never an empty
 * page, to a stranger. A failure that concerns the first caller alone is not shared (its token has expired, it has left
 * the workspace, it queries too much at once): the others run a query of their own.
 *
 * A query belongs to no connection: a caller that goes away cancels nothing, and only the deadline does.
 */
export function createQueryFlights({
  perform,
  onFollower,
}: FlightsOptions): (job: ShareableQueryJob) => Promise<AnswerBytes> {
  const flights = new Map<string, Flight>()

  function lead(shareKey: string, job: ShareableQueryJob): Promise<AnswerBytes> {
    const answer = perform(job).finally(() => flights.delete(shareKey))
    flights.set(shareKey, { callerToken: job.callerToken, answer })
    return answer
  }

  return async (job) => {
    const { shareKey, callerToken } = job
    if (shareKey === null) return perform(job)
    for (let followed = 0; followed < leadersMax; followed += 1) {
      const flight = flights.get(shareKey)
      if (flight === undefined) return lead(shareKey, job)
      onFollower(job)
      const answer = await flight.answer
      const isOwn = answer.ok || flight.callerToken === callerToken || !isPersonal(answer.error)
      if (isOwn) return answer
    }
    return perform(job)
  }
}
