import type { Clock } from '../../../shared/clock.ts'
import type { UnfitValues } from '../../database/rows.ts'
import type { FileStore } from '../../files/file-store.ts'
import type { JobHandler } from '../handler.ts'
import type { QueueDatabase } from '../queue-database.ts'
import { createAnalyticsHandler } from './analytics.ts'
import { createExportsHandler } from './exports.ts'
import { createImportsHandler } from './imports.ts'
import { createNotificationsHandler } from './notifications.ts'

type Work = 'analytics' | 'notifications' | 'imports' | 'exports'

interface WorkParts {
  readonly database: QueueDatabase
  readonly files: FileStore | null
  readonly unfitValues: UnfitValues
  readonly clock: Clock
}

/** The handlers of imports, exports, snapshots and notifications. Without a store of files, imports and exports have none. */
export function createWorkHandlers(parts: WorkParts): Readonly<Partial<Record<Work, JobHandler>>> {
  const { files } = parts
  const ofFiles =
    files === null
      ? {}
      : {
          imports: createImportsHandler({ ...parts, files }),
          exports: createExportsHandler({ ...parts, files }),
        }
  return { analytics: createAnalyticsHandler(), notifications: createNotificationsHandler(), ...ofFiles }
}
