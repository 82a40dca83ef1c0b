import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import type { TestStack } from '../support/local-stack.ts'
import { cpuMsOfServer } from './cpu-time.ts'
import { messageDomain } from './mail-load.ts'

/** The longest queue that was seen, and the longest that its oldest message had waited. */
export interface LongestQueue {
  readonly waitingMax: number
  readonly oldestMsMax: number
}

/** Sees and arranges what the webhook does not tell. */
export interface MailWatch {
  /** Waits until no message waits in the queue, and answers how long that took. */
  drained(): Promise<number>
  /** As if all messages so far had come two hours ago, so that they count for no limit and no volume. */
  letPass(): Promise<void>
  /** The duplicates that the database has recognized so far. */
  duplicatesByDatabase(): Promise<number>
  /** The communications that were made of messages of this benchmark, and how many messages they are of. */
  stored(): Promise<{ readonly communications: number; readonly messages: number }>
  /** Runs the work and answers what share of a core Postgres used meanwhile, and how long the queue became. */
  during<Result>(
    work: () => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly cores: number; readonly queue: LongestQueue }>
}

const drainDeadlineMs = 120_000
const sampleEveryMs = 1_000

export function createMailWatch({ sql, pieces }: Pick<TestStack, 'sql' | 'pieces'>): MailWatch {
  async function queue(): Promise<{ readonly waiting: number; readonly oldestMs: number }> {
    const [row] = await sql`
      select count(*)::integer as waiting,
        coalesce(extract(epoch from clock_timestamp() - min(e.queued_at)) * 1000, 0)::float8 as "oldestMs"
      from private.inbound_emails e
      where e.state = 'queued'`
    return { waiting: Number(row?.['waiting']), oldestMs: Number(row?.['oldestMs']) }
  }

  function postgresCpuMs(): Promise<number> {
    const { pid } = pieces.postgres
    if (pid === null) throw new Error('Postgres has ended')
    return cpuMsOfServer(pid)
  }

  /** Until the signal aborts. */
  async function watchQueue(ended: AbortSignal): Promise<LongestQueue> {
    const longest = { waitingMax: 0, oldestMsMax: 0 }
    while (!ended.aborted) {
      const { waiting, oldestMs } = await queue()
      longest.waitingMax = Math.max(longest.waitingMax, waiting)
      longest.oldestMsMax = Math.max(longest.oldestMsMax, oldestMs)
      await pause(sampleEveryMs, undefined, { signal: ended }).catch(() => undefined)
    }
    return longest
  }

  return {
    async drained() {
      const startedAtMs = performance.now()
      await eventually(async () => (await queue()).waiting === 0, {
        deadlineMs: drainDeadlineMs,
        everyMs: 50,
      })
      return performance.now() - startedAtMs
    },
    async letPass() {
      await sql`
        update private.inbound_emails set
          received_at = received_at - interval '2 hours', accepted_at = accepted_at - interval '2 hours'`
    },
    async duplicatesByDatabase() {
      const [row] =
        await sql`select coalesce(sum(e.duplicates), 0)::integer as n from private.inbound_emails e`
      return Number(row?.['n'])
    },
    async stored() {
      const [row] = await sql`
        select count(*)::integer as communications, count(distinct c.message_id)::integer as messages
        from public.communications c
        where c.message_id like ${`%@${messageDomain}`}`
      return { communications: Number(row?.['communications']), messages: Number(row?.['messages']) }
    },
    async during(work) {
      const ended = new AbortController()
      const [beforeMs, startedAtMs] = [await postgresCpuMs(), performance.now()]
      const watched = watchQueue(ended.signal)
      try {
        const result = await work()
        const cores = ((await postgresCpuMs()) - beforeMs) / (performance.now() - startedAtMs)
        ended.abort()
        return { result, cores, queue: await watched }
      } finally {
        ended.abort()
      }
    },
  }
}
