import type { Env } from '../../../worker/env.ts'

/** The use since the last reset, by name: requests by kind, calls of Durable Objects, rows, values of KV, commands of Redis. */
const counts = new Map<string, number>()

export function count(name: string, times = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + times)
}

const settlers: (() => void)[] = []

/** Calls `settle` before counts are taken, for what is counted only once it has ended. */
export function beforeTaking(settle: () => void): void {
  settlers.push(settle)
}

/** The counts since the last call. */
export function takeCounts(): Record<string, number> {
  for (const settle of settlers) settle()
  const taken = Object.fromEntries(counts)
  counts.clear()
  return taken
}

/** The same bindings, with every use of KV and every call of a Durable Object counted. */
export function countedEnv<Bindings extends Partial<Env>>(env: Bindings): Bindings {
  return new Proxy(env, {
    get(target, name) {
      const binding: unknown = Reflect.get(target, name)
      if (typeof name !== 'string' || typeof binding !== 'object' || binding === null) return binding
      if (name === 'BOARD_CACHE') return withCalls(binding, (method) => count(`kv ${method}`))
      if ('idFromName' in binding) return countedNamespace(binding, name)
      return binding
    },
  })
}

/** A namespace whose stubs count each call, which is billed as a request (Cloudflare, Durable Objects: pricing, footnote 1). */
function countedNamespace(namespace: object, name: string): object {
  return new Proxy(namespace, {
    get(target, method) {
      const value: unknown = Reflect.get(target, method)
      if (typeof value !== 'function') return value
      return (...values: unknown[]) => {
        const answer: unknown = Reflect.apply(value, target, values)
        const isStub = method === 'get' || method === 'getByName'
        if (!isStub || typeof answer !== 'object' || answer === null) return answer
        return withCalls(answer, (called) => count(`object ${name} ${called}`))
      }
    },
  })
}

/** `note` is called with the name of every method that is called. */
function withCalls<Target extends object>(target: Target, note: (method: string) => void): Target {
  return new Proxy(target, {
    get(of, method) {
      const value: unknown = Reflect.get(of, method)
      if (typeof value !== 'function') return value
      return (...values: unknown[]) => {
        note(String(method))
        return Reflect.apply(value, of, values)
      }
    },
  })
}

/** Counts the rows that an object's storage writes, and its alarms, each of which is billed as a row written. */
export function countStorage({ storage }: DurableObjectState, name: string): void {
  const { sql } = storage
  const exec = sql.exec.bind(sql)
  sql.exec = <Row extends Record<string, SqlStorageValue>>(statement: string, ...values: unknown[]) => {
    const cursor = exec<Row>(statement, ...values)
    if (cursor.rowsWritten > 0) count(`rows ${name}`, cursor.rowsWritten)
    return cursor
  }
  const setAlarm = storage.setAlarm.bind(storage)
  storage.setAlarm = (at, options) => {
    count(`rows ${name}`)
    count(`alarm ${name}`)
    return setAlarm(at, options)
  }
}

/**
 * Counts the requests that leave the Worker: those to the origin with the bytes of their answers, and the commands of Redis. Redis's REST
 * interface takes one command, or a list of them.
 */
export function countOutgoing(originUrl: string): void {
  const { fetch } = globalThis
  globalThis.fetch = async (target, init) => {
    const url = target instanceof Request ? target.url : String(target)
    const isOrigin = url.startsWith(originUrl)
    if (!isOrigin) count('redis commands', commandsIn(init?.body))
    const response = await fetch(target, init)
    if (isOrigin) {
      count(`origin ${new URL(url).pathname}`)
      count('origin bytes', Number(response.headers.get('Content-Length') ?? 0))
    }
    return response
  }
}

function commandsIn(body: unknown): number {
  if (typeof body !== 'string') return 1
  const parsed: unknown = JSON.parse(body)
  return Array.isArray(parsed) && parsed.every(Array.isArray) ? parsed.length : 1
}
