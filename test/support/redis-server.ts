import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What a run without real Redis says of itself. */
export const redisServerAbsent =
  'Redis: the tests against real Redis were skipped, there is no redis-server on this machine'

/** Whether `redis-server` can be started: then the tests against real Redis run, else they are skipped. */
export function hasRedisServer(path = process.env['PATH'] ?? ''): boolean {
  return path.split(delimiter).some((folder) => folder !== '' && isExecutable(join(folder, 'redis-server')))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
