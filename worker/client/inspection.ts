import type { ConnectionStatus } from './live/connection-status.ts'
import type { QueryEntry } from './query-entry.ts'
import type { Fetched } from './requests.ts'
import type { Boardcache, Explanation, Query } from './types.ts'

/** Everything about one query, for a developer. */
export async function explainEntry(
  entry: QueryEntry,
  asked: Promise<Fetched>,
  connection: ConnectionStatus,
): Promise<Explanation> {
  const { data: _, ...answer } = entry.peek()
  const { held, isTold, needed } = entry.belief
  const { path, isShown } = entry
  const known = {
    path,
    answer,
    etag: held?.entry ?? null,
    isShown,
    isTold,
    neededVersion: needed,
    connection,
  }
  try {
    return { ...known, api: (await asked).provenance }
  } catch {
    return { ...known, api: null }
  }
}

/** The tools of the browser's console. A query may be given by its path. */
export function consoleTools(client: Boardcache) {
  return {
    explain: (query: string | Query<unknown>) =>
      client.explain(typeof query === 'string' ? client.query(query) : query),
    stats: () => client.stats(),
    clear: () => client.clear(),
    status: () => client.status(),
  }
}
