import { EventEmitter } from 'node:events'
import type { PostgresPoolConfig } from 'bullmq'
import { PostgresConnection } from 'bullmq'
import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import type { Jitter } from '../../database/lost-to-another.ts'
import { untilDecided } from '../until-decided.ts'

type ListenClient = Awaited<ReturnType<PostgresConnection['getListenClient']>>

/** Each worker listens on the connection in a few ways: for news of jobs, for errors, for its end and its return. */
const listenersMax = 200

/**
 * BullMQ gives each worker a connection of its own on which it listens for news of jobs, eleven in all. Workers that share this one listen
 * on one connection together, so that a process fits among the connections of a small hosted database.
 * BullMQ runs every statement on the pool, each by itself, and here one that deadlocks is tried again.
 */
export class SharedConnection extends PostgresConnection {
  #shared: { readonly client: ListenClient; readonly facade: ListenClient } | null = null

  #running: { readonly atMs: number; readonly queues: Promise<ReadonlySet<string>> } | null = null

  constructor(database: PostgresPoolConfig, jitter: Jitter) {
    super(database)
    this.setMaxListeners(listenersMax)
    const { pool } = this
    const { query } = pool
    pool.query = <Row>(text: string, values?: readonly unknown[]) =>
      untilDecided(jitter, () => (query<Row>).call(pool, text, values))
  }

  override async getListenClient(): Promise<ListenClient> {
    const client = await super.getListenClient()
    if (this.#shared?.client !== client) this.#shared = { client, facade: inTurn(client) }
    return this.#shared.facade
  }

  /** The queues of which some job runs. Workers that ask within `agedMaxMs` of each other share an answer. */
  async runningQueues(clock: Clock, agedMaxMs: number): Promise<ReadonlySet<string>> {
    const nowMs = clock.now()
    if (this.#running === null || nowMs - this.#running.atMs > agedMaxMs) {
      const queues = this.#readRunningQueues()
      this.#running = { atMs: nowMs, queues }
      queues.catch(() => {
        this.#running = null
      })
    }
    return await this.#running.queues
  }

  async #readRunningQueues(): Promise<ReadonlySet<string>> {
    const { rows } = await this.pool.query(
      "select distinct j.queue from bullmq.job j where j.state = 'active'",
    )
    return new Set(
      z
        .array(z.object({ queue: z.string() }))
        .parse(rows)
        .map(({ queue }) => queue),
    )
  }
}

/** A client whose statements wait for each other: pg wants one at a time. */
function inTurn(client: ListenClient): ListenClient {
  if (client instanceof EventEmitter) client.setMaxListeners(listenersMax)
  let last: Promise<unknown> = Promise.resolve()
  const query = (text: string, values?: readonly unknown[]) => {
    const answer = last.then(() => client.query(text, values))
    last = answer.catch(() => undefined)
    return answer
  }
  return new Proxy(client, {
    get(target, name) {
      if (name === 'query') return query
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
