import { hasProgram } from './programs.ts'

/** What a run without real Redis says of itself. */
export const redisServerAbsent =
  'Redis: the tests against real Redis were skipped, there is no redis-server on this machine'

/** Whether `redis-server` can be started: then the tests against real Redis run, else they are skipped. */
export function hasRedisServer(path = process.env['PATH'] ?? ''): boolean {
  return hasProgram('redis-server', path)
}
