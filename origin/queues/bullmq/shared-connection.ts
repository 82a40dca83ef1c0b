import { EventEmitter } from 'node:events'
import type { PostgresPoolConfig } from 'bullmq'
import { PostgresConnection } from 'bullmq'

type ListenClient = Awaited<ReturnType<PostgresConnection['getListenClient']>>

/** Each worker listens on the connection in a few ways: for news of jobs, for errors, for its end and its return. */
const listenersMax = 200

/**
 * BullMQ gives each worker a connection of its own on which it listens for news of jobs, eleven in all. Workers that share this one listen
 * on one connection together, so that a process fits among the connections of a small hosted database.
 */
export class SharedConnection extends PostgresConnection {
  #shared: { readonly client: ListenClient; readonly facade: ListenClient } | null = null

  constructor(database: PostgresPoolConfig) {
    super(database)
    this.setMaxListeners(listenersMax)
  }

  override async getListenClient(): Promise<ListenClient> {
    const client = await super.getListenClient()
    if (this.#shared?.client !== client) this.#shared = { client, facade: inTurn(client) }
    return this.#shared.facade
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
