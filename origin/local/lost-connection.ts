/**
 * Whether an uncaught error comes from a Postgres that has just ended: its driver writes once more to a closed socket (postgres
 * 3.4, `nextWrite`), where no caller can catch the error. Only the query on that connection is lost.
 */
export function isOfLostConnection(error: Error): boolean {
  return error.stack?.includes('postgres/src/connection') === true
}
