import { isPersonal } from '../failures.ts'
import type { Answer, Query } from './query.ts'

interface Flight {
  readonly callerToken: string | null
  readonly answer: Promise<Answer>
}

interface FlightsOptions {
  /** Asks for one caller alone. */
  perform(query: Query): Promise<Answer>
  /** Told of each request that joins a query under way. */
  onFollower(query: Query): void
}

/** How many others' queries one caller follows before it asks on its own. */
const leadersMax = 2

/**
 * One query a key, however many ask at the same time.
 *
 * Callers of one key share the answer that row level security gave to the first of them, under that one's token. That
 * is sound because the Worker, known by the internal key, has checked that each of them is a member of the workspace
 * before it asks, because what differs from user to user has the user in its key, and because the SQL functions answer
 * `forbidden`, never an empty page, to who is no member. A failure that is about the first caller alone (its token
 * has expired, it has left the workspace, it asks for too much at once) is not shared: the others ask again.
 *
 * A query belongs to nobody's connection: a caller who goes away cancels nothing, and only the deadline does.
 */
export function createQueryFlights({
  perform,
  onFollower,
}: FlightsOptions): (query: Query) => Promise<Answer> {
  const flights = new Map<string, Flight>()

  function lead(shareKey: string, query: Query): Promise<Answer> {
    const answer = perform(query).finally(() => flights.delete(shareKey))
    flights.set(shareKey, { callerToken: query.callerToken, answer })
    return answer
  }

  return async (query) => {
    const { shareKey, callerToken } = query
    if (shareKey === null) return perform(query)
    for (let followed = 0; followed < leadersMax; followed += 1) {
      const flight = flights.get(shareKey)
      if (flight === undefined) return lead(shareKey, query)
      onFollower(query)
      const answer = await flight.answer
      const isOwn = answer.ok || flight.callerToken === callerToken || !isPersonal(answer.error)
      if (isOwn) return answer
    }
    return perform(query)
  }
}
