import { setImmediate as turn } from 'node:timers/promises'
import { ask } from '../support/api-client.ts'

/** One answer that a reader got. The status is 0 if none came in time. */
interface Reading {
  readonly path: string
  readonly status: number
  readonly cacheStatus: string
}

/** Readers that continue to read, whatever happens. */
export interface Readers {
  /** The answers since the last call. */
  take(): Reading[]
  /** How many answers there were since the last `take`. */
  count(): number
  stop(): Promise<void>
}

interface ReadersOptions {
  readonly worker: string
  readonly headers: Readonly<Record<string, string>>
  readonly paths: readonly string[]
  readonly readers: number
  /** The longest that any answer may take. */
  readonly deadlineMs: number
}

/** Starts `readers` loops, each of which reads one path after the other. */
export function startReaders({ worker, headers, paths, readers, deadlineMs }: ReadersOptions): Readers {
  let readings: Reading[] = []
  let isStopping = false

  async function readOne(path: string): Promise<Reading> {
    try {
      const answer = await ask(`${worker}${path}`, { headers: { ...headers } }, deadlineMs)
      return { path, status: answer.status, cacheStatus: answer.headers.get('Cache-Status') ?? '' }
    } catch (error) {
      return { path, status: 0, cacheStatus: String(error) }
    }
  }

  async function readOn(first: number): Promise<void> {
    for (let index = first; !isStopping; index += 1) {
      const path = paths[index % paths.length] ?? ''
      readings.push(await readOne(path))
      await turn()
    }
  }
  const loops = Array.from({ length: readers }, (_, reader) => readOn(reader))

  return {
    take() {
      const taken = readings
      readings = []
      return taken
    },
    count: () => readings.length,
    async stop() {
      isStopping = true
      await Promise.all(loops)
    },
  }
}
