/**
 * Whether an error that nobody could catch comes of a Postgres that has just ended: its driver writes once more, between two
 * turns, to a socket that is gone (postgres 3.4, `nextWrite`). Nothing is lost by it but what was asked there.
 */
export function isOfLostConnection(error: Error): boolean {
  return error.stack?.includes('postgres/src/connection') === true
}
